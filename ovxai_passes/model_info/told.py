"""What a model is told of itself: written into rt_info `model_info` once, and read there by every client.

Entries have the names and forms that openvino-model-api (0.4.7) reads: `labels` with blanks between them and
underscores in their place inside a name, `mean_values` and `scale_values` one a channel, `reverse_input_channels`,
`resize_type`, `pad_value`. The layout is that of the input itself. What was there before is kept in rt_info `ovxai`, so
that it can be had back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import openvino as ov
from ovxai_patterns.analysis.layout import picture_axes, without_picture
from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.labels import as_entry, names_of
from ovxai_passes.model_info.preparation import INFO, MEAN, PAD, RESIZE, REVERSED, SCALE, Preparation
from ovxai_passes.model_info.rt_info import said_in
from ovxai_passes.options import Options

_BEFORE = ["ovxai", "model_info_before"]
_OPTIONS = {MEAN: "mean", SCALE: "scale"}
_LAYOUT = "layout"  # of the input: no entry, but had back like one
_LONGEST = 60  # letters of an entry in a notice


@dataclass(frozen=True)
class Told:
    """`entries`: of `model_info`, by name; `layout`: of the picture, or "", and `layout_before` that of the input.

    `notices`: what the model said otherwise.
    """

    entries: dict[str, str] = field(default_factory=dict)
    layout: str = ""
    layout_before: str = ""
    notices: tuple[str, ...] = ()


def told_by(
    options: Options, model: ov.Model, layout_before: str, classes: int = 0, background: int | None = None
) -> Told:
    """What options tell a model that it does not say already; its layout is told by now (`layout_told`).

    `classes`, `background`: of the model, 0 where that is not known; its labels then are written as they are given.
    Raises OptionError where numbers do not go with the channels.
    """
    entries: dict[str, str] = {}
    if options.labels is not None:
        entries["labels"] = as_entry(names_of(options.labels, classes, background) if classes else options.labels)
    for key, values in ((MEAN, options.mean), (SCALE, options.scale)):
        if values is not None:
            entries[key] = _one_a_channel(key, values, _picture(model))
    if options.bgr is not None:
        entries[REVERSED] = str(options.bgr)
    if options.resize_type is not None:
        entries[RESIZE] = options.resize_type.value
    if options.pad_value is not None:
        _check_padded(options, model)
        entries[PAD] = str(options.pad_value)
    said = {key: said_in(model, INFO, key) for key in entries}
    new = {key: text for key, text in entries.items() if text != said[key]}
    layout = "" if options.layout is None else options.layout.value.upper()
    before = layout_before.strip("[]").replace(",", "") if layout else ""
    changes = [(key, said[key], text) for key, text in new.items()] + [(_LAYOUT, before, layout)]
    notices = tuple(
        f"the model said {key} {_short(old)!r}, and is now told {_short(text)!r}"
        for key, old, text in changes
        if old not in ("", text)
    )
    return Told(new, "" if layout == before else layout, layout_before, notices)


def preparation_told(options: Options, model: ov.Model) -> Preparation:
    """How pixels become a model's input: as options say, or as it says itself."""
    said = Preparation.from_model(model)
    mean, scale = options.mean or said.mean, options.scale or said.scale
    return Preparation(
        mean,
        scale,
        said.bgr if options.bgr is None else options.bgr,
        options.resize_type or said.resize,
        said.pad if options.pad_value is None else options.pad_value,
    )


@contextmanager
def layout_told(model: ov.Model, options: Options) -> Iterator[str]:
    """Gives a picture the layout that is told, in place, and yields the one it had.

    Where what is done then raises, it gets that back. Raises OptionError where there is no picture.
    """
    told = (options.mean, options.scale, options.bgr, options.resize_type, options.pad_value)
    if any(one is not None for one in told):
        _picture(model)
    if options.layout is None:
        yield ""
        return
    parameter = _picture(model)
    before = parameter.layout
    parameter.layout = ov.Layout(options.layout.value.upper())
    try:
        yield "" if before.empty else str(before)
    except BaseException:
        parameter.layout = before
        raise


def write_told(model: ov.Model, told: Told) -> None:
    """Write what a model is told, in place, with what it said before. Its layout is there already."""
    before: dict[str, Any] = {key: _value(model, key) for key in told.entries}
    if told.layout:
        before[_LAYOUT] = told.layout_before
    if not before:
        return
    for key, text in told.entries.items():
        model.set_rt_info(text, [INFO, key])
    before |= _before(model)  # what was there before the first insertion is what counts
    model.set_rt_info(json.dumps(before), _BEFORE)


def retold(model: ov.Model, options: Options) -> ov.Model:
    """A model that has a map already, told more of itself: a clone, or the model where nothing is new."""
    clone = model.clone()
    background = said_in(model, "ovxai", "background", "none")
    with layout_told(clone, options) as layout_before:
        classes = int(said_in(model, "ovxai", "classes", "0"))
        told = told_by(options, clone, layout_before, classes, None if background == "none" else int(background))
        write_told(clone, told)
    return clone if told.entries or told.layout else model


def take_back(model: ov.Model) -> None:
    """Have a model say what it said before it was told anything, in place."""
    before = _before(model)
    if _LAYOUT in before:
        text = before.pop(_LAYOUT)
        _picture(model).layout = ov.Layout(text) if text else ov.Layout()
    if not before:
        return
    kept = {key: value for key, value in dict(model.rt_info[INFO]).items() if key not in before}
    del model.rt_info[INFO]
    for key, value in {**kept, **before}.items():
        if value is not None:
            model.set_rt_info(value, [INFO, key])


def _before(model: ov.Model) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(said_in(model, _BEFORE[0], _BEFORE[1], "{}"))
    return found


def _value(model: ov.Model, key: str) -> Any:
    """An entry as JSON has it, None where there is none."""
    if not model.has_rt_info([INFO, key]):
        return None
    entry = model.get_rt_info([INFO, key])
    return entry.value if isinstance(entry.value, (str, bool, int, float, list)) else entry.astype(str)


def _picture(model: ov.Model) -> ov.Node:
    found = [parameter for parameter in model.get_parameters() if picture_axes(parameter) is not None]
    if not found:
        raise OptionError(without_picture(model))
    return found[0]


def _one_a_channel(key: str, values: tuple[float, ...], picture: ov.Node) -> str:
    rows, columns = picture_axes(picture) or (2, 3)
    dim = picture.get_output_partial_shape(0)[({1, 2, 3} - {rows, columns}).pop()]
    channels = dim.get_length() if dim.is_static else len(values)
    if len(values) not in (1, channels):
        said = "{option} takes {channels} for this model's picture, one a channel, or one number for all; not {count}"
        known = f"{channels} numbers" if channels > 1 else "one number"
        raise OptionError(worded(said, option=Named(_OPTIONS[key]), channels=known, count=len(values)))
    return " ".join(f"{value:.12g}" for value in values * (channels // len(values)))


def _check_padded(options: Options, model: ov.Model) -> None:
    """Raises OptionError where pictures are fitted to the input so that nothing beside them is left free."""
    resize = options.resize_type or Preparation.from_model(model).resize
    if not resize.keeps_aspect:
        raise OptionError(
            worded(
                "{pad_value} has no effect where pictures fill the input: give {resize_type=fit_to_window} or "
                "{resize_type=fit_to_window_letterbox}, too"
            )
        )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
