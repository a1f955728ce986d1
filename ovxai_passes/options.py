"""What a user can ask for."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any, TypeVar

from ovxai_patterns.analysis.near_names import did_you_mean

from ovxai_passes.errors import OptionError
from ovxai_passes.kinds import check_kind, is_whole, plain
from ovxai_passes.methods.registry import METHODS, methods_of, spec_of
from ovxai_passes.vocabulary import Mask, Method, Scaling, Task

MIDDLE, LARGEST = "middle", "largest"


@dataclass(frozen=True)
class Options:
    """All options of an insertion, checked.

    `method` None: chosen by the task and the read-out. `target_layer`: friendly name, or several of class heads.
    `embed_scaling`: u8 maps 0..255, scaled as
    `scaling` says (None: each by itself), else f32 scores. `k`: attention blocks re-run. `mask` None: one-hot for k =
    0, Gaussian for more. `output`: index or name of the output with the class scores. `keep_quantization`: keep the
    FakeQuantize on the class scores in the branch. `reference`: write the naive branch, which repeats the head for each
    position. `classes`: the classes to make maps for, by number or by name; `labels`: the names, in order (None: those
    in the model). `top_k`: maps for the best classes of each image instead. `max_cost`: refuse a branch of more
    multiply-adds than so many times the model's; `max_tensor_gib`: or with a larger tensor. `trim`: leave out of the
    original network what nobody reads. `feature_vector`: add an output of that name. `only_map`: leave out the original
    outputs, for clients that refuse further ones.

    Of detectors: `num_anchors`: anchors a place, one for each target layer or one for all (None: one).
    `saliency_map_size`: (h, w) of the map, or that of the "middle" or "largest" level (None: 23 x 23, for masks 56 x
    56); for an activation map, the level (None: middle). `background`: the class that stands for nothing, -1 for the
    last one (None: found); `keep_background`: make a map of it. `objectness`: weigh class scores by objectness.
    """

    task: Task = Task.AUTO
    method: Method | None = None
    target_layer: str | tuple[str, ...] | None = None
    embed_scaling: bool = True
    scaling: Scaling | None = None
    k: int | None = None
    mask: Mask | None = None
    output: int | str | None = None
    keep_quantization: bool = False
    reference: bool = False
    classes: tuple[int | str, ...] | None = None
    labels: tuple[str, ...] | None = None
    top_k: int | None = None
    max_cost: float = 20.0
    max_tensor_gib: float = 2.0
    trim: bool = False
    feature_vector: bool = False
    only_map: bool = False
    num_anchors: tuple[int, ...] | None = None
    saliency_map_size: tuple[int, int] | str | None = None
    background: int | None = None
    keep_background: bool = False
    objectness: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = plain(getattr(self, field.name))
            check_kind(field.name, value)
            object.__setattr__(self, field.name, value)  # frozen, and given as numpy has it
        for name, kind in (("task", Task), ("method", Method), ("mask", Mask), ("scaling", Scaling)):
            value = getattr(self, name)
            if not isinstance(value, kind) and (value is not None or name == "task"):
                object.__setattr__(self, name, member(name, kind, value))  # frozen, and given by value
        self._check_method()
        if self.scaling not in (None, Scaling.NONE) and not self.embed_scaling:
            raise OptionError(
                f"scaling {self.scaling.value!r} does not go with embed_scaling=False (--no-embed-scaling)"
            )
        self._check_classes()
        if not (self.max_cost > 0 and self.max_tensor_gib > 0):
            raise OptionError("max_cost and max_tensor_gib are numbers above 0")
        if self.k is not None and not is_whole(self.k, 0):
            raise OptionError(f"k counts the attention blocks to re-run: a whole number from 0 on, not {self.k!r}")
        if self.method is Method.RECIPROCAM and self.k:
            raise OptionError("k > 0 re-runs attention blocks, which is method 'vitreciprocam', not 'reciprocam'")
        self._check_detector()
        self._check_what_method_takes()

    @property
    def effective_scaling(self) -> Scaling:
        """The scaling asked for by `scaling` or `embed_scaling`."""
        return (self.scaling or Scaling.MAP) if self.embed_scaling else Scaling.NONE

    def asked(self) -> dict[str, Any]:
        """The options that ask for a map of some kind, those that are not the default, as plain values."""
        return {
            field.name: as_plain(getattr(self, field.name))
            for field in fields(self)
            if field.name not in _NO_OTHER_MAP and getattr(self, field.name) != field.default
        }

    @property
    def target_layers(self) -> tuple[str, ...]:
        """The layers given by name, none or several."""
        if self.target_layer is None:
            return ()
        return (self.target_layer,) if isinstance(self.target_layer, str) else self.target_layer

    def _check_method(self) -> None:
        """The method goes with the task, and the options with both."""
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

    def check_task(self, task: Task) -> None:
        """Raises OptionError where options do not go with what the model does."""
        replace(self, task=task)  # checks the method again
        given = [
            field.name
            for field in fields(self)
            if field.name in _ONLY_OF.get(task, ()) and getattr(self, field.name) != field.default
        ]
        if given:
            raise OptionError(f"option {given[0]!r} does not go with task {task.value!r}")

    def _check_detector(self) -> None:
        if isinstance(self.num_anchors, int):
            object.__setattr__(self, "num_anchors", (self.num_anchors,))  # frozen, and given as a number
        for name in ("num_anchors", "saliency_map_size", "target_layer"):
            value = getattr(self, name)
            if isinstance(value, list):
                object.__setattr__(self, name, tuple(value))  # frozen, and given as a list
        if self.num_anchors is not None and not (
            self.num_anchors and all(is_whole(one, 1) for one in self.num_anchors)
        ):
            raise OptionError(f"num_anchors counts anchors a place: whole numbers from 1 on, not {self.num_anchors!r}")
        if self.num_anchors is not None and not self.target_layers:
            raise OptionError("num_anchors says how the layers in target_layer are made: give these too")
        size = self.saliency_map_size
        if isinstance(size, tuple) and not (len(size) == 2 and all(is_whole(one, 1) for one in size)):
            raise OptionError(f"saliency_map_size takes height and width, whole numbers from 1 on, not {size!r}")
        if isinstance(size, str) and size not in (MIDDLE, LARGEST):
            raise OptionError(f"saliency_map_size takes (height, width), {MIDDLE!r} or {LARGEST!r}, not {size!r}")
        if self.target_layer is not None and not (
            self.target_layers and all(isinstance(one, str) and one for one in self.target_layers)
        ):
            raise OptionError(f"target_layer takes a layer's friendly name, or several, not {self.target_layer!r}")

    def _check_what_method_takes(self) -> None:
        """Options on masks go with methods that mask, options on classes with those that tell classes apart."""
        spec = None if self.method is None else spec_of(self.method)
        if spec is None:
            return
        name = spec.name.value
        of_masks = () if spec.needs_mask else ("k", "mask")
        of_classes = () if spec.per_class else ("classes", "top_k")
        for names, reason in ((of_masks, "masks nothing"), (of_classes, "makes one map for all classes")):
            for option in names:
                if getattr(self, option) is not None:
                    raise OptionError(f"option {option!r} does not go with method {name!r}, which {reason}")

    def _check_classes(self) -> None:
        for name in ("classes", "labels"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, tuple):
                values = (value,) if isinstance(value, (int, str)) else tuple(value)
                object.__setattr__(self, name, values)  # frozen, and given as a list
        if self.classes is not None and not self.classes:
            raise OptionError("option 'classes' is empty: name a class, or leave the option out for all of them")
        for one in self.classes or ():
            if isinstance(one, bool) or not isinstance(one, (int, str)):
                raise OptionError(f"option 'classes' takes numbers and names, not {one!r}")
        if not all(isinstance(one, str) for one in self.labels or ()):
            raise OptionError("option 'labels' takes the names of the classes, text each")
        if self.top_k is not None and not is_whole(self.top_k, 1):
            raise OptionError(
                f"top_k counts the best classes of each image: a whole number from 1 on, not {self.top_k!r}"
            )
        if self.top_k is not None and self.classes is not None:
            raise OptionError(
                "top_k and classes do not go together: maps are made for the best classes, or for given ones"
            )

    @classmethod
    def checked(cls, **values: object) -> Options:
        """Options from keyword arguments; enumerations may be given by value, as in `mask="onehot"`.

        Raises OptionError for unknown names and for values of the wrong kind.
        """
        known = sorted(field.name for field in fields(cls))
        for name in values:
            if name not in known:
                hint = did_you_mean(name, known, 1) or f"; options: {', '.join(known)}"
                raise OptionError(f"there is no option {name!r}{hint}")
        return cls(**values)  # type: ignore[arg-type]  # the kinds are checked by the class


_NO_OTHER_MAP = frozenset({"task", "labels", "max_cost", "max_tensor_gib"})
"""What a model does, names and budgets: they do not say how a map is made."""

_OF_DETECTORS = ("num_anchors", "saliency_map_size", "background", "keep_background", "objectness")
_OF_CLASSIFIERS = ("k", "mask", "output", "keep_quantization", "reference", "top_k", "trim")
_ONLY_OF = {
    Task.CLASSIFICATION: _OF_DETECTORS,
    Task.DETECTION: _OF_CLASSIFIERS,
    Task.INSTANCE_SEGMENTATION: _OF_CLASSIFIERS,
}


Kind = TypeVar("Kind", bound=Enum)


def as_plain(value: Any) -> Any:
    """An option's value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    return [as_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def member(name: str, kind: type[Kind], value: object) -> Kind:
    """A member of an enumeration, given as such or by value. Raises OptionError."""
    try:
        return kind(value.lower() if isinstance(value, str) else value)
    except ValueError:
        allowed = ", ".join(repr(one.value) for one in kind)
        raise OptionError(f"option {name!r} takes one of {allowed}, not {value!r}") from None
