"""Each option is stated once: what is made of its field is what the field says."""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from dataclasses import Field, fields
from enum import Enum
from typing import Any

import pytest

import ovxai_passes as xai
from ovxai_passes.insert_options import NAMED, InsertOptions
from ovxai_passes.methods.registry import METHODS
from ovxai_passes.option_spec import OptionSpec, documented, option, spec_of
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import CLASSIFIERS, DETECTORS, Task

FIELDS = {field.name: field for field in fields(Options)}
STORED = typing.get_type_hints(Options)
TAKEN = typing.get_type_hints(InsertOptions)


def parts(hint: Any) -> tuple[Any, ...]:
    """The members of a union, or the type itself."""
    return typing.get_args(hint) if typing.get_origin(hint) in (typing.Union, types.UnionType) else (hint,)


def taken_by(field: Field[Any]) -> set[Any]:
    """The types, as hints have them, of the values that an option takes."""
    spec = spec_of(field)
    found: set[Any] = {str if issubclass(kind, Enum) else kind for kind in spec.types} | set(spec.types)
    if {list, tuple} <= found:
        found = found - {list, tuple} | {Sequence}
    if float in found:
        found -= {int}  # an int passes for a float
    return found | ({type(None)} if field.default is None else set())


def test_what_an_editor_completes_is_what_there_is() -> None:
    assert list(TAKEN) == [name for name in FIELDS if name not in NAMED]
    for name, hint in TAKEN.items():
        assert {typing.get_origin(part) or part for part in parts(hint)} == taken_by(FIELDS[name]), name


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_kept_is_what_is_said(name: str) -> None:
    field = FIELDS[name]
    kept = {typing.get_origin(part) or part for part in parts(STORED[name])}
    taken = taken_by(field)
    spec = spec_of(field)
    if Sequence in taken:
        taken = taken - {Sequence} | {tuple}
    if spec.many:
        taken -= {int, float, str, type}
    if spec.enumeration:
        taken -= {str}
    assert kept == taken
    inside = [part for part in parts(STORED[name]) if typing.get_origin(part) is tuple]
    outside = [part for part in parts(TAKEN.get(name)) if typing.get_origin(part) is Sequence]
    for one, other in zip(inside, outside, strict=bool(outside)):
        assert set(typing.get_args(one)) - {...} == set(typing.get_args(other))


@pytest.mark.parametrize("name", FIELDS)
def test_help_says_what_each_option_means(name: str) -> None:
    """White space apart: lines are filled."""
    text = " ".join(spec_of(FIELDS[name]).text.split())
    assert f"): {text}" in " ".join((Options.__doc__ or "").split())
    if name not in NAMED:
        assert f"): {text}" in " ".join((xai.insert_xai.__doc__ or "").split())


def test_a_docstring_is_filled_at_its_margin() -> None:
    def told() -> None:
        """What.

        {options}
        """

    text = documented(Options, NAMED)(told).__doc__ or ""
    assert "{options}" not in text
    assert "        k (int): Classifiers: attention blocks" in text
    assert "task (" not in text


@pytest.mark.parametrize("name", FIELDS)
def test_an_option_goes_with_its_tasks_only(name: str) -> None:
    values: dict[str, Any] = {
        "k": 1,
        "mask": "onehot",
        "contrast": "share",
        "output": 0,
        "top_k": 2,
        "num_anchors": 1,
        "saliency_map_size": (3, 4),
        "background": 0,
        "gradient_of": "logit",
        "level": 1,
    }
    more: dict[str, Any] = {"target_layer": "a"} if name == "num_anchors" else {}
    tasks = spec_of(FIELDS[name]).tasks
    options = Options.checked(**{name: values.get(name, True)}, **more) if tasks else Options()
    for task in (*CLASSIFIERS, *DETECTORS):
        if not tasks or task in tasks:
            options.check_task(task)
        else:
            with pytest.raises(xai.OptionError, match=f"^{name} is for .*; this model {task.does}$"):
                options.check_task(task)
    options.check_task(Task.AUTO)


def test_every_method_that_can_be_asked_for_goes_with_its_own_options() -> None:
    for spec in METHODS:
        Options(method=spec.name).check_chosen_method(spec.name, Task.CLASSIFICATION)
    with pytest.raises(xai.OptionError, match="objectness is not for method 'instancemasks', which reads no"):
        Options(method=xai.Method.INSTANCEMASKS, objectness=True)
    with pytest.raises(xai.OptionError, match="which this model gets"):
        Options(objectness=True).check_chosen_method(xai.Method.ACTIVATIONMAP, Task.CLASSIFICATION)


def test_values_that_hold_braces_are_told_as_they_are() -> None:
    with pytest.raises(xai.OptionError, match=r"not '\{name\}'"):
        Options.checked(k="{name}")


def test_a_field_keeps_what_is_known_of_it() -> None:
    spec = OptionSpec("Counts.", (int,), counts="things", least=2)
    assert spec_of(option(3, spec)) is spec
    assert spec.checked("number", 2) == 2
    with pytest.raises(xai.OptionError, match="number counts things: a whole number from 2 on, not 1"):
        spec.checked("number", 1)
