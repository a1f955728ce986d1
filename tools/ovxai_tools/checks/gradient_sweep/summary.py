"""What the rows of a sweep of gradients say: columns, a summary, a table in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

Row = dict[str, str]

COLUMNS = (
    "name",
    "status",
    "reason",
    "origin",
    "parameters",
    "operations",
    "target",
    "picture_share",
    "picture_worst",
    "picture_share_f64",
    "picture_torch_f64",
    "picture_noise",
    "target_share",
    "target_worst",
    "target_share_f64",
    "target_torch_f64",
    "target_noise",
    "directions",
    "direction_median",
    "direction_worst",
    "seconds",
)
"""The columns of a report; tools/README.md says what they mean."""

GOOD = ("equal", "rounding")
"""Statuses of gradients that are right."""


def summary(rows: Sequence[Row]) -> list[str]:
    """How many networks there are of each status, the medians and the worst, and what is said of those not equal."""
    statuses = Counter(row["status"] for row in rows)
    lines = [", ".join(f"{count} {status}" for status, count in statuses.most_common())]
    for column, said in (("picture", "for the picture"), ("target", "for the target")):
        shares = _numbers(rows, f"{column}_share")
        worst = _numbers([row for row in rows if row["status"] == "equal"], f"{column}_worst")
        if shares:
            lines.append(f"  {said}: {sum(share >= 0.999 for share in shares)} of {len(shares)} within 1e-3 of torch")
        if worst:
            lines.append(
                f"  {said}: largest difference of the equal ones {median(worst):.1e} (median), {max(worst):.1e}"
            )
    lines += [f"{row['status']}: {row['name']}: {row['reason']}" for row in rows if row["status"] != "equal"]
    return lines


def table(rows: Iterable[Row]) -> list[str]:
    """A table in Markdown."""
    lines = ["| Network | of | picture | target | |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        if row["directions"]:
            found = f"{row['directions']} directions: {_short(row['direction_median'])}", _short(row["direction_worst"])
        else:
            found = _share(row, "picture"), _share(row, "target")
        noise = max(_numbers([row], "picture_noise") + _numbers([row], "target_noise"), default=0.0)
        said = row["status"] + (f", noise {noise:.0e}" if noise else "")
        if row["status"] not in GOOD or row["reason"]:
            said += f": {row['reason'].partition(' seen: ')[0]}"
        name = Path(row["name"]).name
        lines.append(f"| {name} | {row['origin'].rpartition('.')[2]} | {found[0]} | {found[1]} | {said} |")
    return lines


def _share(row: Row, of: str) -> str:
    share, exact = row[f"{of}_share"], row[f"{of}_share_f64"]
    if exact and float(exact) > float(share):  # torch in f32 is the one that is off
        return f"{float(exact):.4f} of f64"
    return f"{float(share):.4f} ({_short(row[f'{of}_worst'])})" if share else ""


def _short(number: str) -> str:
    return f"{float(number):.0e}" if number else ""


def _numbers(rows: Iterable[Row], column: str) -> list[float]:
    return [float(row[column]) for row in rows if row[column] not in {"", "None"}]
