"""Colours on a terminal. What goes to a file or a pipe has none: `click.echo` takes them off there."""

from __future__ import annotations

import os

import click


def heading(text: str) -> str:
    """A heading of help."""
    return _styled(text, bold=True)


def error(text: str) -> str:
    """The word that begins an error."""
    return _styled(text, fg="red", bold=True)


def notice(text: str) -> str:
    """The word that begins a notice."""
    return _styled(text, fg="yellow")


def _styled(text: str, fg: str | None = None, bold: bool | None = None) -> str:
    """A text in colour, unless NO_COLOR (https://no-color.org) or a dumb terminal asks for none."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return click.style(text, fg=fg, bold=bold)
