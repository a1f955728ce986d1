"""Every method of the registry is whole: a spec, a definition, options that go with it."""

from __future__ import annotations

import pytest

import ovxai_passes as xai
from ovxai_passes.methods.registry import METHODS, method_spec, methods_of
from ovxai_passes.methods.spec import MethodSpec
from ovxai_passes.reference.lookup import definition_of
from ovxai_passes.vocabulary import Method, Task


@pytest.mark.parametrize("spec", METHODS, ids=lambda spec: spec.name.value)
def test_every_method_has_a_definition_in_a_module_of_the_same_name(spec: MethodSpec) -> None:
    definition = definition_of(spec)
    assert definition.__module__.rpartition(".")[2] == spec.build.__module__.rpartition(".")[2]
    assert method_spec(spec.name) is spec


def test_names_are_given_once() -> None:
    assert len({spec.name for spec in METHODS}) == len(METHODS)


@pytest.mark.parametrize("task", [task for task in Task if task is not Task.AUTO])
def test_every_task_has_methods(task: Task) -> None:
    assert methods_of(task)


@pytest.mark.parametrize("method", [Method.RISE, Method.AISE])
def test_black_box_methods_are_no_methods_of_models(method: Method) -> None:
    assert method_spec(method) is None
    with pytest.raises(xai.OptionError, match="is not available"):
        xai.Options(method=method)


@pytest.mark.parametrize("spec", METHODS, ids=lambda spec: spec.name.value)
def test_options_on_masks_and_classes_go_with_methods_that_have_them(spec: MethodSpec) -> None:
    for option, fits in (("mask", spec.needs_mask), ("classes", spec.per_class)):
        value = "gaussian" if option == "mask" else [0]
        if fits:
            xai.Options.checked(method=spec.name, **{option: value})
        else:
            with pytest.raises(xai.OptionError, match=f"{option}.* is not for method"):
                xai.Options.checked(method=spec.name, **{option: value})
