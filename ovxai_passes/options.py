"""What a user can ask for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum

from ovxai_passes.errors import OptionError


class Task(Enum):
    """What a model does."""

    CLASSIFICATION = "classification"
    DETECTION = "detection"
    INSTANCE_SEGMENTATION = "instance_segmentation"


class Method(Enum):
    """How a saliency map is made."""

    RECIPROCAM = "reciprocam"
    VITRECIPROCAM = "vitreciprocam"
    ACTIVATIONMAP = "activationmap"
    EIGENCAM = "eigencam"
    DETCLASSPROBABILITYMAP = "detclassprobabilitymap"
    INSTANCEMASKS = "instancemasks"
    RISE = "rise"
    AISE = "aise"


class Mask(Enum):
    """The weight of the positions in one mask: only one, or a 3x3 bell around it."""

    ONE_HOT = "onehot"
    GAUSSIAN = "gaussian"


class Scaling(Enum):
    """What a map's 0 and 255 are: its own least and largest value, those of all classes of an image, or none."""

    MAP = "map"
    JOINT = "joint"
    NONE = "none"


AVAILABLE_METHODS = (Method.RECIPROCAM, Method.VITRECIPROCAM, Method.ACTIVATIONMAP)


@dataclass(frozen=True)
class Options:
    """All options of an insertion, checked.

    `method` None: chosen by the read-out. `target_layer`: friendly name. `embed_scaling`: u8 maps 0..255, scaled as
    `scaling` says (None: each by itself), else f32 scores. `k`: attention blocks re-run. `mask` None: one-hot for k =
    0, Gaussian for more. `output`: index or name of the output with the class scores. `keep_quantization`: keep the
    FakeQuantize on the class scores in the branch. `reference`: write the naive branch, which repeats the head for each
    position. `classes`: the classes to make maps for, by number or by name; `labels`: the names, in order (None: those
    in the model). `top_k`: maps for the best classes of each image instead. `max_cost`: refuse a branch of more
    multiply-adds than so many times the model's; `max_tensor_gib`: or with a larger tensor. `trim`: leave out of the
    original network what nobody reads.
    """

    task: Task = Task.CLASSIFICATION
    method: Method | None = None
    target_layer: str | None = None
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

    def __post_init__(self) -> None:
        for name, kind in (("task", Task), ("method", Method), ("mask", Mask), ("scaling", Scaling)):
            value = getattr(self, name)
            if not isinstance(value, kind) and (value is not None or name == "task"):
                object.__setattr__(self, name, _member(name, kind, value))  # frozen, and given by value
        if self.task is not Task.CLASSIFICATION:
            raise OptionError(f"task {self.task.value!r} is not available yet; available: 'classification'")
        if self.method is not None and self.method not in AVAILABLE_METHODS:
            available = ", ".join(repr(method.value) for method in AVAILABLE_METHODS)
            raise OptionError(f"method {self.method.value!r} is not available yet; available: {available}")
        if self.scaling not in (None, Scaling.NONE) and not self.embed_scaling:
            raise OptionError(
                f"scaling {self.scaling.value!r} does not go with embed_scaling=False (--no-embed-scaling)"
            )
        self._check_classes()
        if not (self.max_cost > 0 and self.max_tensor_gib > 0):
            raise OptionError("max_cost and max_tensor_gib are numbers above 0")
        if self.k is not None and (isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 0):
            raise OptionError(f"k counts the attention blocks to re-run: a whole number from 0 on, not {self.k!r}")
        if self.method is Method.RECIPROCAM and self.k:
            raise OptionError("k > 0 re-runs attention blocks, which is method 'vitreciprocam', not 'reciprocam'")
        self._check_activation_map()

    @property
    def effective_scaling(self) -> Scaling:
        """The scaling asked for by `scaling` or `embed_scaling`."""
        return (self.scaling or Scaling.MAP) if self.embed_scaling else Scaling.NONE

    def _check_activation_map(self) -> None:
        why = dict.fromkeys(("k", "mask"), "which masks nothing")
        why |= dict.fromkeys(("classes", "top_k"), "which makes one map for all classes")
        for name, reason in why.items():
            if self.method is Method.ACTIVATIONMAP and getattr(self, name) is not None:
                raise OptionError(f"option {name!r} does not go with method 'activationmap', {reason}")

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
        if self.top_k is not None and (isinstance(self.top_k, bool) or self.top_k < 1):
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
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise OptionError(f"there is no option {name!r}; options: {', '.join(sorted(known))}")
        types: dict[str, tuple[type, ...]] = {
            "target_layer": (str, type(None)),
            "embed_scaling": (bool,),
            "output": (int, str, type(None)),
            "keep_quantization": (bool,),
            "reference": (bool,),
            "trim": (bool,),
            "classes": (int, str, list, tuple, type(None)),
            "labels": (list, tuple, type(None)),
            "top_k": (int, type(None)),
            "max_cost": (int, float),
            "max_tensor_gib": (int, float),
        }
        for name, allowed in types.items():
            if name in values and not isinstance(values[name], allowed):
                wanted = " or ".join(kind.__name__ for kind in allowed if kind is not type(None))
                raise OptionError(f"option {name!r} takes {wanted}, not {values[name]!r}")
        return cls(**values)  # type: ignore[arg-type]  # the kinds were checked above


def _member(name: str, kind: type[Enum], value: object) -> Enum:
    try:
        return kind(value.lower() if isinstance(value, str) else value)
    except ValueError:
        allowed = ", ".join(repr(member.value) for member in kind)
        raise OptionError(f"option {name!r} takes one of {allowed}, not {value!r}") from None
