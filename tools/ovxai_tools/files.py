"""Writing results whole or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ovxai_tools.exits import OutputError


def check_output(path: Path, force: bool) -> None:
    """Raise OutputError where `path` cannot be written, before any work is done."""
    try:
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a directory; name a file")
        if path.exists() and not path.is_file():
            raise OutputError(f"cannot write {path}: it is a device or pipe; name a file")
        if path.exists() and not force:
            raise OutputError(f"cannot write {path}: it exists; choose another name or give --force to overwrite it")
        if not path.parent.is_dir():
            raise OutputError(f"cannot write {path}: there is no folder {path.parent}; create it first")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error


def same_file(first: Path, second: Path) -> bool:
    """Whether two paths lead to one file, existing or not."""
    try:
        if first.exists() and second.exists():
            return first.samefile(second)
    except OSError:  # a path that cannot be looked up is told of where it is used
        return False
    return first.absolute() == second.absolute()


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A hidden folder inside `folder`, on the same disk, gone afterwards whatever happens.

    Operating-system errors inside become OutputError.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".ovxai-", dir=folder, ignore_cleanup_errors=True) as staged:
            yield Path(staged)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error


def publish(staged: Path, moves: list[tuple[Path, Path]]) -> None:
    """Move finished files (from, to) to their places, in order; on any error put everything back as it was.

    `staged`: a folder on the disk of the targets, for what is being replaced. A `from` on another disk is copied.
    """
    done: list[tuple[Path, Path | None]] = []
    try:
        for number, (source, target) in enumerate(moves):
            kept = staged / f"replaced{number}" if target.exists() else None
            if kept is not None:
                shutil.copy2(target, kept)
            os.replace(_beside(source, target, number), target)
            done.append((target, kept))
    except BaseException:
        for target, kept in reversed(done):
            if kept is None:
                target.unlink(missing_ok=True)
            else:
                shutil.move(kept, target)
        raise


def _beside(source: Path, target: Path, number: int) -> Path:
    """`source` on the disk of `target`, so that the last step is one rename."""
    if source.stat().st_dev == target.parent.stat().st_dev:
        return source
    fresh = target.with_name(f".ovxai-{os.getpid()}-{number}")
    try:
        shutil.copy2(source, fresh)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return fresh
