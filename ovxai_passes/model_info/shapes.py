"""Shapes that are stated for the inputs of a model, as a user writes them: `1,3,224,224`, `image=?,3,1..640,?`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.sources.reasons import reason_of

_SIZE = re.compile(r"(?P<any>\?|-1)|(?P<low>[0-9]+)(\.\.(?P<high>[0-9]+))?")
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class StatedShape:
    """The shape of one input: `name` None where the model has no other."""

    name: str | None
    shape: ov.PartialShape
    text: str


def stated_shape(text: str) -> StatedShape:
    """`[NAME=]SIZE,SIZE,...`: a SIZE is a number from 1 on, `?` for any, or `LOW..HIGH`. Raises OptionError."""
    name, _, sizes = text.rpartition("=")
    dims = [_dimension(part.strip(), text) for part in sizes.strip().removeprefix("[").removesuffix("]").split(",")]
    return StatedShape(name.strip() or None, ov.PartialShape(dims), text)


def _dimension(part: str, text: str) -> ov.Dimension:
    found = _SIZE.fullmatch(part)
    if found is None:
        raise _odd(text)
    if found["any"]:
        return ov.Dimension()
    low, high = int(found["low"]), int(found["high"] or found["low"])
    if not 1 <= low <= high <= _LARGEST:
        raise _odd(text)
    return ov.Dimension(low, high)


def _odd(text: str) -> OptionError:
    return OptionError(
        f"{text!r} is no shape: give sizes with commas between them, ? where any size may be, as in 1,3,224,224 or "
        "?,3,224,224 (NAME=1,3,224,224 for one of several inputs)"
    )


def set_shapes(model: ov.Model, shapes: Sequence[StatedShape]) -> None:
    """Give inputs of a model their stated shapes, in place; other inputs keep theirs. Raises OptionError."""
    wanted: dict[int, StatedShape] = {}
    for one in shapes:
        place = _place(model, one)
        if place in wanted:
            raise OptionError(f"two shapes are stated for one input ({wanted[place].text!r}, {one.text!r}): give one")
        _check_rank(model.inputs[place], one)
        wanted[place] = one
    if not wanted:
        return
    before = [port.get_partial_shape() for port in model.inputs]
    texts = ", ".join(repr(one.text) for one in wanted.values())
    try:
        model.reshape({place: wanted[place].shape if place in wanted else shape for place, shape in enumerate(before)})
    except RuntimeError as error:
        raise OptionError(f"the model does not take the shape {texts}: {reason_of(error)}") from error


def _place(model: ov.Model, stated: StatedShape) -> int:
    if stated.name is None and len(model.inputs) == 1:
        return 0
    for place, (port, node) in enumerate(zip(model.inputs, model.get_parameters(), strict=True)):
        if stated.name is not None and stated.name in (*port.get_names(), node.get_friendly_name()):
            return place
    listed = ", ".join(f"{_name(port)} {port.get_partial_shape()}" for port in model.inputs)
    if stated.name is None:
        raise OptionError(
            f"the model has {len(model.inputs)} inputs, so the shape needs a name (NAME={stated.text}); "
            f"inputs: {listed}"
        )
    raise OptionError(f"the model has no input {stated.name!r}; inputs: {listed}")


def _check_rank(port: ov.Output, stated: StatedShape) -> None:
    shape = port.get_partial_shape()
    if shape.rank.is_static and len(shape) != len(stated.shape):
        raise OptionError(
            f"the shape {stated.text!r} has {len(stated.shape)} sizes, but input {_name(port)} {shape} has "
            f"{len(shape)}: give one for each"
        )


def _name(port: ov.Output) -> str:
    return min(port.get_names(), default=port.get_node().get_friendly_name())
