"""Locks between processes: files that are locked as long as their process lives, and that do not stay.

A lock file is removed by who holds it. One that waited for it then holds a file that nobody else can find, so whoever
gets a lock looks whether its file is still the one in the folder, and asks again if it is not.

Some disks (network, FUSE) and systems (Windows) know no such locks. Writers do not take turns there, and what dead ones
have left is not removed, because nothing tells the dead from the living; all else holds.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]


class BusyError(Exception):
    """Another process holds the lock."""


@contextlib.contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[bool]:
    """Hold the lock file `path`, made if there is none, while the block runs; what is yielded says whether it is held.

    Not held where locks are not known or the folder is not ours to write to. Raises BusyError without `wait`, OSError.
    """
    file = _acquire(path, wait)
    try:
        yield file is not None
    finally:
        if file is not None:
            with contextlib.suppress(OSError):  # of another user, in a folder where these are not ours to remove
                path.unlink()
            os.close(file)


def mark_alive(path: Path) -> int | None:
    """Make a file that is locked as long as this process lives, or until what is returned is closed."""
    return _acquire(path, wait=False)


def is_dead(path: Path) -> bool:
    """Whether `path` was made by `mark_alive` of a process that is no more."""
    if fcntl is None:
        return False
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # not there, or of another user
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True


def _acquire(path: Path, wait: bool) -> int | None:
    if fcntl is None:
        return None
    while True:
        try:
            file = _open(path)
        except PermissionError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _is_at(file, path):
                return file
        except BlockingIOError as error:
            os.close(file)
            raise BusyError from error
        except OSError:  # this disk knows no locks
            path.unlink(missing_ok=True)
            os.close(file)
            return None
        except BaseException:  # interrupted while waiting
            os.close(file)
            raise
        os.close(file)


def _open(path: Path) -> int:
    flags = os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags | os.O_RDWR, 0o666)  # some disks lock only what may be written
    except PermissionError:
        return os.open(path, flags | os.O_RDONLY, 0o666)  # of another user


def _is_at(file: int, path: Path) -> bool:
    """Whether an open file is the one that is found at `path`."""
    try:
        found = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(file), found)
