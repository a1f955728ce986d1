"""What a user can ask for. Each option is stated once: its field says all that is known of it.

Fields stand in `option_groups/`. From them come the checks of single values, the text of help(), the flags of the
command line and the tasks that an option goes with. Rules between options are code of `Options`. `InsertOptions` types
them for editors.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from ovxai_passes.errors import OptionError
from ovxai_passes.methods.registry import METHODS, method_spec, methods_of
from ovxai_passes.methods.spec import MethodSpec, Reads
from ovxai_passes.option_groups.info_options import InfoOptions
from ovxai_passes.option_groups.map_options import MapOptions
from ovxai_passes.option_groups.picture_options import PictureOptions
from ovxai_passes.option_spec import MethodTrait, OptionSpec, documented, spec_of
from ovxai_passes.value_checks import as_plain, check_names
from ovxai_passes.vocabulary import INPUT, LARGEST, MIDDLE, Method, Scaling, Task

_OF_SCALED = ("threshold", "output_dtype", "colormap", "overlay")


@documented()
@dataclass(frozen=True)
class Options(InfoOptions, PictureOptions, MapOptions):
    """All options of an insertion, checked. Raises OptionError.

    {options}
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None or field.default is not None:
                object.__setattr__(self, field.name, spec_of(field).checked(field.name, value))  # frozen
        self._check_method()
        self._check_together()

    @property
    def effective_scaling(self) -> Scaling:
        """The scaling asked for by `scaling` or `embed_scaling`."""
        return (self.scaling or Scaling.MAP) if self.embed_scaling else Scaling.NONE

    @property
    def level_size(self) -> tuple[int, int] | str | None:
        """The size at which levels of a detector meet; that of the model's picture comes after it."""
        return None if self.saliency_map_size == INPUT else self.saliency_map_size

    @property
    def shows(self) -> tuple[str, ...]:
        """The options that ask for pictures of the map."""
        return tuple(name for name in ("colormap", "overlay") if getattr(self, name) is not None)

    def of_raw_map(self, task: Task) -> Options:
        """The same map as scores, before anything that is done to scaled ones."""
        size = None if task is Task.CLASSIFICATION else self.level_size
        of_scaled: dict[str, Any] = dict.fromkeys(_OF_SCALED)
        return replace(self, embed_scaling=False, scaling=None, saliency_map_size=size, **of_scaled)

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
        return {name: as_plain(getattr(self, name)) for name, spec in self._given().items() if spec.asks}

    def check_task(self, task: Task) -> None:
        """Raises OptionError where options do not go with what the model does."""
        replace(self, task=task)  # checks the method again
        for name, spec in self._given().items():
            if spec.tasks and task is not Task.AUTO and task not in spec.tasks:
                raise OptionError(f"option {name!r} does not go with task {task.value!r}")
        if task is Task.CLASSIFICATION and self.saliency_map_size in (MIDDLE, LARGEST):
            raise OptionError(
                f"saliency_map_size {self.saliency_map_size!r} is a level of detectors: give (h, w) or {INPUT!r}"
            )

    def check_chosen_method(self, method: Method) -> None:
        """Raises OptionError where options do not go with the method that a model gets."""
        self._check_needs(method, "which this model gets")

    def _given(self) -> dict[str, OptionSpec]:
        """The options that are not the default."""
        return {one.name: spec_of(one) for one in fields(self) if getattr(self, one.name) != one.default}

    def _check_needs(self, method: Method, reason: str = "") -> None:
        for name, spec in self._given().items():
            if spec.needs is not None and not _has(method_spec(method), spec.needs):
                why = reason or spec.needs.value
                raise OptionError(f"option {name!r} does not go with method {method.value!r}, {why}")

    def _check_method(self) -> None:
        """The method goes with the task, and the options with the method."""
        if self.method is None:
            return
        tasks = [task for spec in METHODS if spec.name is self.method for task in spec.tasks]
        if not tasks:
            available = ", ".join(repr(spec.name.value) for spec in METHODS)
            raise OptionError(f"method {self.method.value!r} is not available yet; available: {available}")
        if self.task is not Task.AUTO and self.task not in tasks:
            available = ", ".join(repr(spec.name.value) for spec in methods_of(self.task))
            raise OptionError(
                f"method {self.method.value!r} does not go with task {self.task.value!r}; that takes {available}"
            )
        if self.method is Method.RECIPROCAM and self.k:
            raise OptionError("k > 0 re-runs attention blocks, which is method 'vitreciprocam', not 'reciprocam'")
        self._check_needs(self.method)

    def _check_together(self) -> None:
        """Options that do not go together."""
        if self.scaling not in (None, Scaling.NONE) and not self.embed_scaling:
            raise OptionError(
                f"scaling {self.scaling.value!r} does not go with embed_scaling=False (--no-embed-scaling)"
            )
        of_scaled = [name for name in _OF_SCALED if getattr(self, name) is not None]
        if of_scaled and self.effective_scaling is Scaling.NONE:
            raise OptionError(
                f"{of_scaled[0]} is for scaled maps, and scaling 'none' (embed_scaling=False) asks for raw scores: "
                "leave one of them out"
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


def _has(method: MethodSpec | None, trait: MethodTrait) -> bool:
    """Whether a method has what an option is about."""
    if method is None:
        return False
    if trait is MethodTrait.CLASS_HEADS:
        return method.reads is Reads.CLASS_HEADS
    return method.needs_mask if trait is MethodTrait.MASKS else method.per_class
