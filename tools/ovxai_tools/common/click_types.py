"""Kinds of values on command lines, for click."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import Any

import click

from ovxai_passes.errors import OptionError
from ovxai_passes.option_groups.flags import with_flags

_LONGEST = 40  # letters of choices that are listed in place of a value

Callback = Callable[[click.Context, click.Parameter, Any], Any]


class NamedPath(click.Path):
    """A path that is not empty: an empty one is an unset variable, and pathlib takes it for the current folder."""

    def __init__(self, file_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; fails where it is empty."""
        if value == "":  # a Path is never empty
            self.fail("the name is empty", param, ctx)
        return super().convert(value, param, ctx)


class WordChoice(click.Choice[str]):
    """A choice among words. Help shows them in place of a value, or a word for it where they are many."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """The words, with bars between them, or the name of the option."""
        words = "|".join(self.choices)
        return words if len(words) <= _LONGEST else (param.name or "").upper()


class NumberRange(click.FloatRange):
    """A range of numbers; what is no number (nan) is outside of each."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; fails for nan."""
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number", param, ctx)
        return found


def choice_of(members: Iterable[Enum]) -> click.Choice[str]:
    """The values of members of an enumeration."""
    return WordChoice([member.value for member in members], case_sensitive=False)


def parsed_by(parse: Callable[[str], Any]) -> Callback:
    """A callback that parses a text, or each of several; what `parse` raises as OptionError is wrong usage."""

    def callback(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        try:
            if isinstance(value, tuple):
                return tuple(parse(one) for one in value)
            return None if value is None else parse(value)
        except OptionError as error:
            said = with_flags(error.wording)
            raise click.BadParameter(said) if said == error.wording else click.UsageError(said) from error

    return callback
