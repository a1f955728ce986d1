"""The report of a sweep: which models, a row for each, kept in a CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from ovxai_passes.errors import OptionError
from ovxai_tools.checks.csv_rows import read_rows, write_rows
from ovxai_tools.checks.model_sweep import COLUMNS, Examiner, Limits

_MODELS = (".xml", ".onnx", ".tflite", ".pb", ".pdmodel")


def find_models(sources: tuple[Path, ...]) -> list[Path]:
    """The model files among `sources`: files as they are, folders searched with all folders in them."""
    found: dict[Path, None] = {}
    for source in sources:
        if source.is_dir():
            inside = sorted(path for path in source.rglob("*") if path.suffix in _MODELS and path.is_file())
            if not inside:
                raise OptionError(f"there is no model in {source}: looked for files ending in {', '.join(_MODELS)}")
            found.update(dict.fromkeys(inside))
        elif source.exists():
            found[source] = None
        else:
            raise OptionError(f"no such file or folder: {source}")
    return list(found)


def summary(rows: list[dict[str, str]]) -> list[str]:
    """How many models there are of each status, read-out and finder, and why those that are not ok are not."""
    statuses = Counter(row["status"] for row in rows)
    lines = [", ".join(f"{count} {status}" for status, count in statuses.most_common())]
    for column, said in (("readout", ""), ("found_by", "found by ")):
        counts = Counter(row[column] for row in rows if row["status"] == "ok")
        lines += [f"  {count:4} {said}{value}" for value, count in counts.most_common()]
    lines += [f"{row['status']}: {row['model']}: {row['reason']}" for row in rows if row["status"] != "ok"]
    return lines


def examined(models: list[Path], limits: Limits, jobs: int) -> Iterator[dict[str, str]]:
    """Rows of the report as they come, `jobs` models at a time."""
    examiner, pool = Examiner(limits), ThreadPoolExecutor(jobs)
    try:
        for done in as_completed([pool.submit(examiner.examine, path) for path in models]):
            yield done.result()
    finally:
        examiner.stop()
        pool.shutdown(wait=False, cancel_futures=True)


def read_report(out: Path) -> dict[str, dict[str, str]]:
    """The rows of a report by the name of their model, none where there is no report. Raises OutputError."""
    return read_rows(out, COLUMNS, "ovxai-sweep")


def write_report(out: Path, rows: list[dict[str, str]]) -> None:
    """Write a report, whole or not at all. Raises OutputError."""
    write_rows(out, COLUMNS, rows)
