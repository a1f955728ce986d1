"""Rows of a report that a sweep keeps in a CSV, and goes on with."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import publish, staging


def read_rows(out: Path, columns: Sequence[str], command: str) -> dict[str, dict[str, str]]:
    """The rows by their first column, none where there is no file. Raises OutputError.

    `command`: who writes such reports.
    """
    if not out.exists():
        return {}
    try:
        with out.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            names = tuple(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OutputError(f"cannot go on with {out}: {error}; choose another name") from error
    if names != tuple(columns) or any(None in row.values() for row in rows):
        raise OutputError(f"cannot go on with {out}: it is no report of this version of {command}; give --force")
    return {row[columns[0]]: row for row in rows}


def write_rows(out: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    """Write a report, whole or not at all. Raises OutputError."""
    with staging(out.parent) as staged:
        fresh = staged / "report.csv"
        with fresh.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
        publish(staged, [(fresh, out)])
