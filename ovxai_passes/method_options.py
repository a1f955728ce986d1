"""Which options a method takes: all that are not declined here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError
from ovxai_passes.methods.registry import METHODS, method_spec, methods_of
from ovxai_passes.methods.spec import MethodSpec, Reads
from ovxai_passes.option_spec import MethodTrait, OptionSpec
from ovxai_passes.vocabulary import DETECTORS, LARGEST, MIDDLE, Method, Task

Given: TypeAlias = Mapping[str, tuple[OptionSpec, Any]]
"""Options by name: what is known of each, and its value."""


def check_methods(methods: Sequence[Method], task: Task, given: Given) -> None:
    """Raises OptionError where a method does not go with a task, or an option with none of the methods."""
    for method in methods:
        tasks = [one for spec in METHODS if spec.name is method for one in spec.tasks]
        if not tasks:
            available = ", ".join(repr(spec.name.value) for spec in METHODS)
            raise OptionError(f"method {method.value!r} is not available yet; available: {available}")
        if task is not Task.AUTO and task not in tasks:
            available = ", ".join(repr(spec.name.value) for spec in methods_of(task))
            raise OptionError(
                f"method {method.value!r} is not for a model that {task.does}; methods for it: {available}"
            )
    _check_rows(methods, task, given)
    declined = [declined_by(method, given, task) for method in methods]
    for name, reason in declined[0].items() if declined else ():
        if all(name in by_one for by_one in declined):
            raise OptionError(reason)


def _check_rows(methods: Sequence[Method], task: Task, given: Given) -> None:
    """Raises OptionError where maps of several methods would be of different classes: `saliency_classes` is of all."""
    if task not in DETECTORS or "classes" in given or not takes_gradients(methods):
        return
    others = (spec.name.value for spec in METHODS if spec.name in methods and spec.per_class)
    every = [name for name in others if not takes_gradients([Method(name)])]
    if every:
        raise OptionError(
            worded(
                "{method} of detectors is of all classes, and maps of gradients are of the best ones of each image: "
                "give the classes of both ({classes}), or ask for one of them",
                method=every[0],
            )
        )


def takes_gradients(methods: Sequence[Method]) -> bool:
    """Whether any of some methods differentiates class scores."""
    return any(spec.takes_gradients for spec in METHODS if spec.name in methods)


def declined_by(method: Method, given: Given, task: Task, which: str = "") -> dict[str, str]:
    """The options that a method does not take for a task, each with the reason as a sentence.

    `which`: of the method, said in place of what it lacks.
    """
    spec = method_spec(method)
    assert spec is not None, "options refuse methods that models cannot be given"
    found = {name: _reason(spec, name, known, value, task, which) for name, (known, value) in given.items()}
    return {name: reason for name, reason in found.items() if reason is not None}


def _reason(  # noqa: PLR0913, PLR0917  # what a reason may lie in
    method: MethodSpec, name: str, spec: OptionSpec, value: Any, task: Task, which: str
) -> str | None:
    """Why a method does not take a value of an option, or None where it does."""
    if name == "contrast" and method.takes_gradients:
        return worded(
            "{method} takes no {contrast}: what it differentiates tells classes apart, which "
            "{gradient_of=log-probability} asks for",
            method=method.name.value,
        )
    if name == "reference" and method.takes_gradients:
        return worded(
            "method {method!r} has one branch, which repeats no head: leave {reference} out", method=method.name.value
        )
    if name in ("target_layer", "patterns") and method.reads is Reads.PICTURE_GRADIENTS:
        return worded(
            "method {method!r} explains the picture: leave {option} out", method=method.name.value, option=Named(name)
        )
    if spec.needs is not None and not _has(method, spec.needs):
        return worded(
            "{option} is not for method {method!r}, {why}: leave it out",
            option=Named(name),
            method=method.name.value,
            why=which or spec.needs.value,
        )
    if name == "k" and method.name is Method.RECIPROCAM and value:
        return worded("{k} above 0 re-runs attention blocks, which is method 'vitreciprocam', not 'reciprocam'")
    if name == "k" and method.name is Method.VITRECIPROCAM and not value:
        return worded("{k=0} re-runs no attention block, which is method 'reciprocam', not 'vitreciprocam'")
    if name == "scaling" and value.keeps_zero and not method.per_class:
        return worded(
            "{method} makes no scores, which {scaling} compares with those of nothing: leave it out",
            method=method.name.value,
            scaling=Named("scaling", value),
        )
    if method.reads is Reads.FEATURE_MAP:
        return _declined_by_feature_maps(method.name.value, name, value, task)
    return _declined_by_instances(name, value) if method.reads is Reads.INSTANCES else None


def _declined_by_feature_maps(method: str, name: str, value: Any, task: Task) -> str | None:
    if name == "saliency_map_size" and isinstance(value, tuple) and task in DETECTORS:
        return worded(
            "{method} is as large as a feature map: {saliency_map_size=middle} or {saliency_map_size=largest} chooses "
            "which",
            method=method,
        )
    if name == "target_layer" and isinstance(value, tuple) and len(value) > 1:
        return f"{method} explains one target layer"
    return None


def _declined_by_instances(name: str, value: Any) -> str | None:
    if name in ("patterns", "target_layer"):
        return worded("instancemasks reads the model's outputs: leave {option} out", option=Named(name))
    if name == "saliency_map_size" and value in (MIDDLE, LARGEST):
        return worded("instancemasks has no levels: give {saliency_map_size} as height and width")
    return None


def _has(method: MethodSpec, trait: MethodTrait) -> bool:
    """Whether a method has what an option is about."""
    has = {
        MethodTrait.MASKS: method.needs_mask,
        MethodTrait.CLASSES: method.per_class,
        MethodTrait.CLASS_HEADS: method.reads in (Reads.CLASS_HEADS, Reads.GRADIENTS),  # of detectors
        MethodTrait.GRADIENTS: method.takes_gradients,
        MethodTrait.LEVELS: method.reads is Reads.GRADIENTS,
        MethodTrait.SCORES: method.needs_mask or method.takes_gradients,
    }
    return has[trait]
