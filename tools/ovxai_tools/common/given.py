"""What command lines have in common: kinds of values, and options that several commands take."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import click

from ovxai_passes.errors import OptionError
from ovxai_passes.methods.registry import METHODS
from ovxai_passes.model_info.shapes import StatedShape, stated_shape
from ovxai_passes.options import LARGEST, MIDDLE

WHITE_BOX = [spec.name.value for spec in METHODS]
"""The methods whose maps can be written into a model."""

Command = TypeVar("Command", bound=Callable[..., Any])


class NamedPath(click.Path):
    """A path that is not empty: an empty one is an unset variable, and pathlib takes it for the current folder."""

    def __init__(self, file_okay: bool = True) -> None:
        super().__init__(file_okay=file_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; fails where it is empty."""
        if value == "":  # a Path is never empty
            self.fail("the name is empty", param, ctx)
        return super().convert(value, param, ctx)


class NumberRange(click.FloatRange):
    """A range of numbers; what is no number (nan) is outside of each."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number; fails for nan."""
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value!r} is no number", param, ctx)
        return found


def choice_of(kind: type[Enum]) -> click.Choice[str]:
    """The values of an enumeration."""
    return click.Choice([member.value for member in kind], case_sensitive=False)


def numbers_given(_context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    """One number, or three with commas between them."""
    if value is None:
        return None
    try:
        numbers = tuple(float(part) for part in value.split(","))
    except ValueError:
        numbers = ()
    unfit = not all(map(math.isfinite, numbers)) or (parameter.name == "scale" and 0 in numbers)
    if len(numbers) not in (1, 3) or unfit:
        raise click.BadParameter(f"{value!r} is not one number, or three with commas between them (0 is no scale)")
    return numbers


def size_given(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[int, int] | str | None:
    """HEIGHTxWIDTH, or the name of a level."""
    if value is None or value in (MIDDLE, LARGEST):
        return value
    parts = value.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise click.BadParameter(f"{value!r} is not HEIGHTxWIDTH, as in 32x48, and not {MIDDLE} or {LARGEST}")
    return int(parts[0]), int(parts[1])


def _shapes_given(
    _context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[StatedShape, ...]:
    try:
        return tuple(stated_shape(one) for one in value)
    except OptionError as error:
        raise click.BadParameter(str(error)) from error


def shape_option(command: Command) -> Command:
    """`--shape`, for every command that reads a model: `shapes`, a tuple of StatedShape."""
    return click.option(
        "--shape",
        "shapes",
        multiple=True,
        metavar="[NAME=]SIZE,...",
        callback=_shapes_given,
        help="State the shape of the model's input: 1,3,224,224; ? is any size, 1..8 a range. Several inputs: by name, "
        "the option several times.",
    )(command)


def preparation_options(command: Command) -> Command:
    """`--mean`, `--scale`, `--bgr`: how pixels become input."""
    for option in (
        click.option("--bgr", is_flag=True, help="The model takes blue, green, red."),
        click.option("--scale", callback=numbers_given, help="Divides pixels after --mean."),
        click.option("--mean", callback=numbers_given, help="Subtracted from pixels (0..255): one number, or R,G,B."),
    ):
        command = option(command)
    return command


def read_labels(path: Path) -> tuple[str, ...]:
    """Names of classes, a line each. Raises OptionError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise OptionError(f"cannot read the labels in {path}: {reason}") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if not names:
        raise OptionError(f"there are no labels in {path}: write the name of a class on each line")
    return names
