"""What a user can ask for. Each option is stated once: its field says all that is known of it.

From the fields come the checks of single values, the text of help(), the flags of the command line and the tasks that
an option goes with. Rules between options are code of `Options`. `InsertOptions` types them for editors.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from ovxai_patterns.matchers.pattern import GraphPattern

from ovxai_passes.errors import OptionError
from ovxai_passes.method_options import check_methods, declined_by
from ovxai_passes.option_checks import (
    class_problem,
    label_problem,
    layer_problem,
    method_problem,
    parsed_size,
    size_problem,
)
from ovxai_passes.option_patterns import parsed_pattern, pattern_problem
from ovxai_passes.option_spec import MethodTrait, OptionSpec, documented, option, spec_of
from ovxai_passes.value_checks import as_plain, check_names
from ovxai_passes.vocabulary import CLASSIFIERS, DETECTORS, LARGEST, MIDDLE, Mask, Method, Scaling, Task


@documented()
@dataclass(frozen=True)
class Options:
    """All options of an insertion, checked. Raises OptionError.

    {options}
    """

    task: Task = option(Task.AUTO, OptionSpec("What the model does; auto tells from its outputs.", (Task,), asks=False))
    method: Method | tuple[Method, ...] | None = option(
        None,
        OptionSpec(
            "Explanation method; default: as the task and the read-out ask. Of several the first makes saliency_map, a "
            "further one saliency_map_METHOD.",
            (Method, list, tuple),
            problem=method_problem,
        ),
    )
    target_layer: str | tuple[str, ...] | None = option(
        None,
        OptionSpec(
            "Friendly name of the layer to explain; several for a detector's class heads. Default: found by itself.",
            (str, list, tuple),
            problem=layer_problem,
            metavar="NAME",
        ),
    )
    patterns: tuple[type[GraphPattern], ...] = option(
        (),
        OptionSpec(
            "Patterns of your own that name what to explain (see patterns/README.md), tried in order.",
            (type, list, tuple),
            many=True,
            problem=pattern_problem,
            flag="--pattern",
            metavar="MODULE:CLASS",
            parse=parsed_pattern,
        ),
    )
    embed_scaling: bool = option(
        True,
        OptionSpec(
            "Maps are u8 of 0..255, scaled as `scaling` says; else f32 scores.",
            (bool,),
            flag="--no-embed-scaling",
            flag_meaning="The same as --scaling none.",
        ),
    )
    scaling: Scaling | None = option(
        None,
        OptionSpec(
            "What is 0 and 255: each map by itself (map, default), all classes of an image together (joint), or f32 "
            "scores (none).",
            (Scaling,),
        ),
    )
    k: int | None = option(
        None,
        OptionSpec(
            "Attention blocks to re-run (vitreciprocam).",
            (int,),
            counts="the attention blocks to re-run",
            tasks=CLASSIFIERS,
            needs=MethodTrait.MASKS,
        ),
    )
    mask: Mask | None = option(
        None,
        OptionSpec(
            "Mask over positions; default: onehot for k=0, gaussian for more.",
            (Mask,),
            tasks=CLASSIFIERS,
            needs=MethodTrait.MASKS,
        ),
    )
    output: int | str | None = option(
        None,
        OptionSpec(
            "The output with the class scores, by index or name, if several could be.",
            (int, str),
            tasks=CLASSIFIERS,
            metavar="NAME|INDEX",
        ),
    )
    keep_quantization: bool = option(
        False, OptionSpec("Keep the 8-bit rounding of quantised class scores in the map.", (bool,), tasks=CLASSIFIERS)
    )
    reference: bool = option(
        False,
        OptionSpec("Write the naive branch, which repeats the head for each position.", (bool,), tasks=CLASSIFIERS),
    )
    classes: tuple[int | str, ...] | None = option(
        None,
        OptionSpec(
            "Make maps for these classes only, by number or name; default: for all.",
            (int, str, list, tuple),
            many=True,
            problem=class_problem,
            needs=MethodTrait.CLASSES,
            flag="--class",
            metavar="NUMBER|NAME",
        ),
    )
    labels: tuple[str, ...] | None = option(
        None,
        OptionSpec(
            "Names of the classes, in order; default: those in the model.",
            (list, tuple),
            problem=label_problem,
            asks=False,
            from_file=True,
        ),
    )
    top_k: int | None = option(
        None,
        OptionSpec(
            "Make maps for so many of the best classes of each image only.",
            (int,),
            counts="the best classes of each image",
            least=1,
            tasks=CLASSIFIERS,
            needs=MethodTrait.CLASSES,
        ),
    )
    max_cost: float = option(
        20.0,
        OptionSpec(
            "Refuse a map of more multiply-adds than so many times the model's.", (int, float), above=0, asks=False
        ),
    )
    max_tensor_gib: float = option(
        2.0, OptionSpec("Refuse a map that makes a larger tensor.", (int, float), above=0, asks=False)
    )
    trim: bool = option(
        False,
        OptionSpec(
            "Leave out of the network what nobody reads; outputs change by rounding.", (bool,), tasks=CLASSIFIERS
        ),
    )
    feature_vector: bool = option(
        False, OptionSpec("Add the output feature_vector: class token, or pooled target.", (bool,))
    )
    only_map: bool = option(
        False, OptionSpec("Leave the original outputs out, for clients that take no further ones.", (bool,))
    )
    num_anchors: tuple[int, ...] | None = option(
        None,
        OptionSpec(
            "Anchors a place of the target layers, once for all or for each of them.",
            (int, list, tuple),
            many=True,
            counts="anchors a place",
            least=1,
            tasks=DETECTORS,
            needs=MethodTrait.CLASS_HEADS,
        ),
    )
    saliency_map_size: tuple[int, int] | str | None = option(
        None,
        OptionSpec(
            "Size of the map (h, w), or that of the middle or largest level (default 23x23, masks 56x56); "
            "activationmap and eigencam: which level.",
            (str, list, tuple),
            problem=size_problem,
            tasks=DETECTORS,
            flag="--map-size",
            metavar=f"HxW|{MIDDLE}|{LARGEST}",
            parse=parsed_size,
        ),
    )
    background: int | None = option(
        None,
        OptionSpec(
            "The class that stands for nothing, -1 the last; default: found.",
            (int,),
            tasks=DETECTORS,
            needs=MethodTrait.CLASS_HEADS,
        ),
    )
    keep_background: bool = option(
        False, OptionSpec("Make a map of the background, too.", (bool,), tasks=DETECTORS, needs=MethodTrait.CLASS_HEADS)
    )
    objectness: bool = option(
        False, OptionSpec("Weigh class scores by objectness.", (bool,), tasks=DETECTORS, needs=MethodTrait.CLASS_HEADS)
    )

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None or field.default is not None:
                object.__setattr__(self, field.name, spec_of(field).checked(field.name, value))  # frozen
        check_methods(self.methods, self.task, self._given())
        self._check_together()

    @property
    def effective_scaling(self) -> Scaling:
        """The scaling asked for by `scaling` or `embed_scaling`."""
        return (self.scaling or Scaling.MAP) if self.embed_scaling else Scaling.NONE

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods given, none or several."""
        return (self.method,) if isinstance(self.method, Method) else self.method or ()

    @property
    def target_layers(self) -> tuple[str, ...]:
        """The layers given by name, none or several."""
        return (self.target_layer,) if isinstance(self.target_layer, str) else self.target_layer or ()

    @property
    def names_target(self) -> bool:
        """Whether what is explained is given, by name or by patterns."""
        return self.target_layer is not None or bool(self.patterns)

    def asked(self) -> dict[str, Any]:
        """The options that ask for a map of some kind, those that are not the default, as plain values."""
        return {name: as_plain(value) for name, (spec, value) in self._given().items() if spec.asks}

    def check_task(self, task: Task) -> None:
        """Raises OptionError where options do not go with what the model does."""
        check_methods(self.methods, task, self._given())
        for name, (spec, _) in self._given().items():
            if spec.tasks and task is not Task.AUTO and task not in spec.tasks:
                raise OptionError(f"option {name!r} does not go with task {task.value!r}")

    def check_chosen_method(self, method: Method) -> None:
        """Raises OptionError where options do not go with the method that a model gets."""
        for reason in declined_by(method, self._given(), "which this model gets").values():
            raise OptionError(reason)

    def declined(self, method: Method) -> dict[str, str]:
        """The options given that a method does not take, each with the reason."""
        return declined_by(method, self._given())

    def of_each_map(self) -> tuple[Options, ...]:
        """The options of each map by itself: with one method, and without those that this method does not take."""
        if len(self.methods) < 2:
            return (self,)
        default: dict[str, Any] = {field.name: field.default for field in fields(self)}
        return tuple(
            replace(self, method=one, **{name: default[name] for name in self.declined(one)}) for one in self.methods
        )

    def _given(self) -> dict[str, tuple[OptionSpec, Any]]:
        """The options that are not the default, as what is known of each, and its value."""
        values = [(one, getattr(self, one.name)) for one in fields(self)]
        return {one.name: (spec_of(one), value) for one, value in values if value != one.default}

    def _check_together(self) -> None:
        """Options that do not go together."""
        if self.scaling not in (None, Scaling.NONE) and not self.embed_scaling:
            raise OptionError(
                f"scaling {self.scaling.value!r} does not go with embed_scaling=False (--no-embed-scaling)"
            )
        if self.top_k is not None and self.classes is not None:
            raise OptionError(
                "top_k and classes do not go together: maps are made for the best classes, or for given ones"
            )
        if self.patterns and self.target_layers:
            raise OptionError("patterns and target_layer do not go together: both say which layer is explained")
        if self.num_anchors is not None and not self.names_target:
            raise OptionError("num_anchors says how the layers in target_layer (or patterns) are made: give these too")

    @classmethod
    def checked(cls, **values: object) -> Options:
        """Options from keyword arguments; enumerations may be given by value, as in `mask="onehot"`.

        Raises OptionError for unknown names and for values of the wrong kind.
        """
        check_names(values, sorted(field.name for field in fields(cls)))
        return cls(**values)  # type: ignore[arg-type]  # the kinds are checked by the class
