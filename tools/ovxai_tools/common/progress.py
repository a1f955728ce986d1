"""Says on stderr what takes longer than two seconds."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

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
