"""Writing results whole or not at all.

Results are made in a hidden folder on the disk of their target (`staging`) and moved to their places by renames
(`publish`). What a process that was killed has left is removed by the next one that writes into the same folder.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.interrupts import deferring_signals, record_files
from ovxai_tools.common.locks import BusyError, is_dead, locked, mark_alive

_PREFIX = ".ovxai-"
_LOCK = f"{_PREFIX}writing.lock"
_ALIVE = "alive"
_STAGED = re.compile(r"\.ovxai-[a-z0-9_]{8}")  # as tempfile names them
_OLD = 24 * 3600  # seconds, after which a folder that says nothing of its process is of none


def check_output(path: Path, force: bool) -> None:
    """Raise OutputError where `path` cannot be written, before any work is done."""
    try:
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a directory; name a file")
        if path.exists() and not path.is_file():
            raise OutputError(f"cannot write {path}: it is a device or pipe; name a file")
        if path.exists() and not force:
            raise OutputError(f"cannot write {path}: it exists; choose another name or give --force to overwrite it")
        folder = destination(path).parent
        if not folder.is_dir():
            raise OutputError(f"cannot write {path}: there is no folder {folder}; create it first")
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error


def destination(path: Path) -> Path:
    """Where writing to `path` leads: to the file at the end of a symbolic link, there or not. Raises OutputError."""
    if not path.is_symlink():
        return path
    end = Path(os.path.realpath(path))
    if end.is_symlink():
        raise OutputError(f"cannot write {path}: it is a symbolic link that leads back to itself; choose another name")
    return end


def same_file(first: Path, second: Path) -> bool:
    """Whether two paths lead to one file, existing or not."""
    try:
        if first.exists() and second.exists():
            return first.samefile(second)
    except OSError:  # a path that cannot be looked up is told of where it is used
        return False
    return os.path.realpath(first) == os.path.realpath(second)


def staged_model(staged: Path) -> Path:
    """Where a model is saved first. OpenVINO 2025 writes to no name that is not text in UTF-8, as `target` may be."""
    return staged / "model.xml"


def model_moves(staged: Path, target: Path) -> list[tuple[Path, Path]]:
    """How the pair at `staged_model` gets to its place, `target` (.xml) and the .bin beside it.

    The weights first: an .xml without its .bin would be a broken model. But the .xml first where it replaces another:
    its checksum tells that the weights are not its own, should the machine stop between the two.
    """
    source = staged_model(staged)
    moves = [(source.with_suffix(path.suffix), path) for path in (target.with_suffix(".bin"), target)]
    return moves[::-1] if target.exists() else moves


@contextlib.contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A hidden folder inside `folder`, on the same disk, gone afterwards whatever happens.

    What dead processes have left in `folder` is removed. Operating-system errors inside become OutputError.
    """
    try:
        with contextlib.ExitStack() as stack:
            with locked(folder / _LOCK) as turns:  # so that nobody takes a folder for dead that is just being made
                if turns:
                    _sweep(folder)
                with deferring_signals():
                    staged = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
                    stack.callback(_remove, staged, mark_alive(staged / _ALIVE))
            yield staged
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error


def publish(staged: Path, moves: list[tuple[Path, Path]], replace: bool = True) -> None:
    """Move finished files (from, to) to their places, in order; on any error put everything back as it was.

    `staged`: the folder that they are in. Files for other folders are copied there first; symbolic links are followed.
    Processes that publish into one folder take turns, and signals wait until all is done. Without `replace`, what has
    appeared meanwhile is an error. Raises OutputError.
    """
    with contextlib.ExitStack() as stack:
        places = [destination(target) for _, target in moves]
        rooms = {folder: _room(folder, staged, stack) for folder in sorted({place.parent for place in places})}
        sources = [
            _brought(source, rooms[place.parent], number)
            for number, ((source, _), place) in enumerate(zip(moves, places, strict=True))
        ]
        for folder in rooms:
            with _naming(folder):
                stack.enter_context(locked(folder / _LOCK))
        for (_, target), place in zip(moves, places, strict=True):
            if not replace and place.exists():
                raise OutputError(f"cannot write {target}: it exists; choose another name or give --force")
        kept = [
            _kept(place, rooms[place.parent], number) if len(places) > 1 else None  # one rename is whole by itself
            for number, place in enumerate(places)
        ]
        with deferring_signals():
            _rename(list(zip(sources, places, kept, strict=True)))
            record_files([target for _, target in moves])


def _room(folder: Path, staged: Path, stack: contextlib.ExitStack) -> Path:
    """A folder from which `folder` is one rename away."""
    above, target = os.path.realpath(staged.parent), os.path.realpath(folder)
    if target == above or (os.path.dirname(target) == above and os.stat(target).st_dev == os.stat(above).st_dev):
        return staged
    return stack.enter_context(staging(folder))


def _brought(source: Path, room: Path, number: int) -> Path:
    """`source`, inside `room`."""
    if source.parent == room:
        return source
    brought = room / f"brought{number}"
    with _naming(room.parent):
        try:
            os.replace(source, brought)
        except OSError:  # another disk
            shutil.copyfile(source, brought)
    return brought


def _kept(place: Path, room: Path, number: int) -> Path | None:
    """What is at `place`, by a second name; None where there is nothing."""
    if not place.exists():
        return None
    kept = room / f"replaced{number}"
    with _naming(place.parent):
        try:
            os.link(place, kept)
        except OSError:  # disks without hard links, files of others
            shutil.copy2(place, kept)
    return kept


def _rename(moves: list[tuple[Path, Path, Path | None]]) -> None:
    done: list[tuple[Path, Path | None]] = []
    try:
        for source, place, kept in moves:
            with _naming(place.parent):
                os.replace(source, place)
            done.append((place, kept))
    except BaseException:
        for place, kept in reversed(done):
            if kept is None:
                place.unlink(missing_ok=True)
            else:
                os.replace(kept, place)
        raise


@contextlib.contextmanager
def _naming(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror or error}") from error


def _remove(staged: Path, alive: int | None) -> None:
    with deferring_signals():
        if alive is not None:
            os.close(alive)
        shutil.rmtree(staged, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what dead processes have left; the lock of `folder` is held."""
    for entry in list(os.scandir(folder)):
        path = Path(entry.path)
        if _STAGED.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
            if is_dead(path / _ALIVE) or (not (path / _ALIVE).exists() and _is_old(path)):
                shutil.rmtree(path, ignore_errors=True)
        elif entry.name.startswith(_PREFIX) and entry.name.endswith(".lock") and entry.name != _LOCK:
            with contextlib.suppress(BusyError, OSError), locked(path, wait=False):
                pass


def _is_old(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - path.stat().st_mtime > _OLD
    return False
