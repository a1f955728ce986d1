"""What a user can ask for. Each option is stated once: its field says all that is known of it.

Fields stand in `option_groups/`. From them come the checks of single values, the text of help(), the flags of the
command line and the tasks that an option goes with. Rules between options are code of `Options`. `InsertOptions` types
them for editors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError
from ovxai_passes.method_options import check_methods, declined_by, takes_gradients
from ovxai_passes.option_groups.info_options import InfoOptions
from ovxai_passes.option_groups.map_options import MapOptions
from ovxai_passes.option_groups.picture_options import PictureOptions
from ovxai_passes.option_spec import OptionSpec, documented, spec_of
from ovxai_passes.value_checks import as_plain, check_names
from ovxai_passes.vocabulary import (
    DETECTORS,
    INPUT,
    LARGEST,
    MIDDLE,
    Contrast,
    Defaults,
    GradientOf,
    Method,
    Scaling,
    Task,
)

_CHOSEN_BY_BEST = (
    *("scaling", "contrast", "mask", "k", "gradient_of", "level", "objectness", "reference"),
    *("target_layer", "patterns"),
)
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
        self._check_methods(self.task)
        self._check_together()

    @property
    def effective_scaling(self) -> Scaling:
        """The scaling asked for by `scaling` or `embed_scaling`."""
        return (self.scaling or Scaling.MAP) if self.embed_scaling else Scaling.NONE

    @property
    def effective_contrast(self) -> Contrast:
        """The contrast asked for, or none."""
        return self.contrast or Contrast.NONE

    @property
    def differentiated(self) -> GradientOf:
        """What gradient methods differentiate.

        The gradient of a log-probability is the smaller the surer a class is: on one scale with others, the best class
        would be the darkest. Grad-CAM++ is an equation of scores.
        """
        if self.gradient_of is not None or self.top_k != 1 or self.method is Method.GRADCAM_PLUS_PLUS:
            return self.gradient_of or GradientOf.LOGIT
        return GradientOf.LOG_PROBABILITY

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods given, none or several."""
        return (self.method,) if isinstance(self.method, Method) else self.method or ()

    @property
    def is_best(self) -> bool:
        """Whether the method is to be chosen by what measured best."""
        return self.methods == (Method.BEST,)

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
        return {name: as_plain(value) for name, (spec, value) in self._not_default().items() if spec.asks}

    def check_task(self, task: Task) -> None:
        """Raises OptionError where options do not go with what the model does."""
        self._check_methods(task)
        for name, (spec, _) in self._given().items():
            tasks = spec.tasks + (spec.tasks_of_gradients if takes_gradients(self.methods) else ())
            if tasks and task is not Task.AUTO and task not in tasks:
                raise OptionError(_not_of(Named(name), tasks, task))
        if task is Task.CLASSIFICATION and self.saliency_map_size in (MIDDLE, LARGEST):
            size = Named("saliency_map_size", self.saliency_map_size)
            raise OptionError(
                worded("{why}: give height and width, or {input!r}", why=_not_of(size, DETECTORS, task), input=INPUT)
            )

    def _check_methods(self, task: Task) -> None:
        if not self.is_best:  # what it chooses is checked once it has
            check_methods(self.methods, task, self._given())

    def check_chosen_method(self, method: Method, task: Task) -> None:
        """Raises OptionError where options do not go with the method that a model gets."""
        for reason in declined_by(method, self._given(), task, "which this model gets").values():
            raise OptionError(reason)

    def declined(self, method: Method, task: Task) -> dict[str, str]:
        """The options given that a method does not take for a task, each with the reason."""
        return declined_by(method, self._given(), task)

    def of_each_map(self, task: Task) -> tuple[Options, ...]:
        """The options of each map by itself: with one method, and without those that it does not take for a task."""
        if len(self.methods) < 2:
            return (self,)
        default: dict[str, Any] = {field.name: field.default for field in fields(self)}
        return tuple(
            replace(self, method=one, **{name: default[name] for name in self.declined(one, task)})
            for one in self.methods
        )

    def _given(self) -> dict[str, tuple[OptionSpec, Any]]:
        """The options that ask for something; no contrast goes with everything."""
        return {name: one for name, one in self._not_default().items() if one[1] is not Contrast.NONE}

    def _not_default(self) -> dict[str, tuple[OptionSpec, Any]]:
        """The options that are not the default, as what is known of each, and its value."""
        values = [(one, getattr(self, one.name)) for one in fields(self)]
        return {one.name: (spec_of(one), value) for one, value in values if value != one.default}

    def _check_together(self) -> None:
        """Options that do not go together."""
        if self.scaling not in (None, Scaling.NONE) and not self.embed_scaling:
            raise OptionError(
                worded(
                    "{given} does not go with {embed_scaling=False}, which asks for raw scores: leave one of them out",
                    given=Named("scaling", self.scaling),
                )
            )
        of_scaled = [name for name in _OF_SCALED if getattr(self, name) is not None]
        if of_scaled and self.effective_scaling is Scaling.NONE:
            raise OptionError(
                worded(
                    "{given} is for scaled maps, and {scaling=none} (or {embed_scaling=False}) asks for raw scores: "
                    "leave one of them out",
                    given=Named(of_scaled[0]),
                )
            )
        for name in ("threshold", "output_dtype"):
            if getattr(self, name) is not None and self.effective_scaling is Scaling.SIGNED:
                raise OptionError(
                    worded("{name} is for maps from 0 on, and zero is the middle of {scaling=signed}", name=Named(name))
                )
        if self.objectness is False and self.effective_scaling.keeps_zero and not takes_gradients(self.methods):
            raise OptionError(
                worded(
                    "{given} is of probabilities times objectness: leave {objectness=False} out",
                    given=Named("scaling", self.effective_scaling),
                )
            )
        if self.top_k is not None and self.classes is not None:
            raise OptionError(
                worded("{top_k} and {classes} do not go together: maps are for the best classes, or for given ones")
            )
        beside = [name for name in _CHOSEN_BY_BEST if getattr(self, name) != getattr(Options, name)]
        if self.is_best and (beside or self.defaults is Defaults.DROP_IN):
            said = "method 'best' chooses {given} by itself: leave that out, or name a method"
            raise OptionError(worded(said, given=Named((beside or ["defaults"])[0])))
        if self.level is not None and self.names_target:
            raise OptionError(
                worded("{level} and {target_layer} (or {patterns}) do not go together: both say for which layer")
            )
        if self.patterns and self.target_layers:
            raise OptionError(
                worded("{patterns} and {target_layer} do not go together: both say which layer is explained")
            )
        if self.num_anchors is not None and not self.names_target:
            raise OptionError(
                worded("{num_anchors} says how the layers of {target_layer} (or {patterns}) are made: give these, too")
            )

    @classmethod
    def checked(cls, **values: object) -> Options:
        """Options from keyword arguments; enumerations may be given by value, as in `mask="onehot"`.

        Raises OptionError for unknown names and for values of the wrong kind.
        """
        check_names(values, sorted(field.name for field in fields(cls)))
        return cls(**values)  # type: ignore[arg-type]  # the kinds are checked by the class


def _not_of(option: Named, tasks: Sequence[Task], task: Task) -> str:
    """The sentence that an option is for models of some tasks, and the model at hand of another one."""
    kinds = "classifiers" if Task.CLASSIFICATION in tasks else "detectors"
    return worded("{option} is for {kinds}; this model {does}", option=option, kinds=kinds, does=task.does)
