"""Says on stderr what takes longer than two seconds, and how far a long run is."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator

import click

_PATIENCE = 2.0


@contextlib.contextmanager
def stage(what: str, quiet: bool = False) -> Iterator[None]:
    """Name the work inside the block on stderr if it is not done after two seconds."""
    timer = threading.Timer(_PATIENCE, lambda: click.echo(f"{what} ...", err=True))
    timer.daemon = True
    if not quiet:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def name_step(what: str, place: int, length: int, quiet: bool) -> None:
    """Say on a terminal which of several long steps begins; each has a bar of its own."""
    if not quiet and sys.stderr.isatty():
        click.echo(f"[{place + 1}/{length}] {what}", err=True)


@contextlib.contextmanager
def counted(what: str, length: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal; what is yielded is told how much more is done."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=what, file=sys.stderr) as bar:
        yield bar.update
