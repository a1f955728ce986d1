"""What the library logs, and how much of it a command prints on stderr."""

from __future__ import annotations

import logging

import click

from ovxai_tools.common.click_types import WordChoice
from ovxai_tools.common.shared_options import Command

LEVELS = ("error", "warning", "info", "debug")
_TALKATIVE = ("PIL", "matplotlib")  # what they log for debugging is about themselves


def log_level_option(command: Command) -> Command:
    """`--log-level`, for `log_on_stderr`."""
    return click.option(
        "--log-level",
        type=WordChoice(LEVELS),
        help="Print what the library logs, from this level on: debug says what was looked at and declined.",
    )(command)


def log_on_stderr(level: str | None, otherwise: str) -> None:
    """Print what is logged from a level on, `otherwise` where none is given."""
    logging.basicConfig(format="%(message)s", level=(level or otherwise).upper())
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.INFO)
