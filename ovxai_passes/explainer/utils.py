"""Functions that prepare pictures for models, and read what models say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.boxes import detections_of
from ovxai_passes.explainer.checked import check_options, picture_array
from ovxai_passes.pictures.resizing import checked_size, resize_picture
from ovxai_passes.value_checks import member

Array = npt.NDArray[Any]


class ActivationType(Enum):
    """What makes scores of logits."""

    SIGMOID = "sigmoid"
    SOFTMAX = "softmax"
    NONE = "none"


def preprocess_fn(  # noqa: PLR0913, PLR0917  # the interface of openvino_xai
    x: Array,
    change_channel_order: bool = False,
    input_size: tuple[int, int] | None = None,
    mean: Array | tuple[float, ...] = (0.0, 0.0, 0.0),
    std: Array | tuple[float, ...] = (1.0, 1.0, 1.0),
    hwc_to_chw: bool = False,
    expand_zero_dim: bool = True,
) -> Array:
    """A picture [H,W,3] with channels reversed, resized to (width, height), (x - mean) / std, as CHW, as a batch."""
    x = picture_array(x, "a picture")
    if x.ndim != 3:
        raise OptionError(f"preprocess_fn takes one picture [H,W,C], not {list(x.shape)}")
    if change_channel_order:
        x = x[:, :, ::-1]
    if input_size is not None:
        width, height = checked_size(input_size)
        x = resize_picture(x, (height, width), "linear")
    shift, span = (_per_channel(name, values, x.shape[2]) for name, values in (("mean", mean), ("std", std)))
    x = _normalised(x, shift, span)
    x = np.ascontiguousarray(x.transpose(2, 0, 1) if hwc_to_chw else x)
    return x[None] if expand_zero_dim else x


def _normalised(x: Array, shift: Array, span: Array) -> npt.NDArray[np.float32]:
    """(x - shift) / span, computed as f64; of bytes for the 256 values that there are, not for all pixels."""
    if x.dtype != np.uint8:
        return ((x - shift) / span if shift.any() or (span != 1).any() else x).astype(np.float32)
    tables = ((np.arange(256)[:, None] - shift) / span).astype(np.float32)
    tables = np.broadcast_to(tables, (256, x.shape[2]))
    found = np.empty((x.shape[2], *x.shape[:2]), np.float32)
    for channel, plane in enumerate(found):
        np.take(tables[:, channel], x[..., channel], out=plane, mode="clip")  # "raise" would go by a buffer
    return found.transpose(1, 2, 0)


def _per_channel(name: str, values: Any, channels: int) -> npt.NDArray[np.float64]:
    """A number for each channel, or one for all of them. Raises OptionError."""
    try:
        found = np.asarray(values, np.float64).reshape(-1)
    except (ValueError, TypeError):
        found = np.full(1, np.nan)
    if found.size and (found == found[0]).all():
        found = found[:1]
    if found.size not in (1, channels) or not np.isfinite(found).all() or (name == "std" and not found.all()):
        raise OptionError(
            f"{name} is a number, or one for each of the picture's {channels} channels (std not 0), not {values!r}"
        )
    return found


def get_preprocess_fn(**options: Any) -> Callable[[Array], Array]:
    """`preprocess_fn` with these options. Raises OptionError for others."""
    check_options(preprocess_fn, options, "preprocess_fn")
    return partial(preprocess_fn, **options)


def postprocess_fn(
    x: Mapping[Any, Array], logit_name: str | int = "logits", activation: ActivationType | str = ActivationType.NONE
) -> Array:
    """Scores of the output with that name, or of the first one where there is none."""
    logits = np.asarray(_output(x, logit_name)).astype(np.float32)  # bytes would overflow
    kind = member("activation", ActivationType, activation)
    if kind is ActivationType.SOFTMAX:
        shares = np.exp(logits - logits.max(-1, keepdims=True))
        return np.asarray(shares / shares.sum(-1, keepdims=True))
    return np.asarray(0.5 * (1 + np.tanh(logits / 2))) if kind is ActivationType.SIGMOID else logits


def get_postprocess_fn(
    logit_name: str | int = "logits", activation: ActivationType | str = ActivationType.NONE
) -> Callable[[Mapping[Any, Array]], Array]:
    """`postprocess_fn` with these options: for black-box explanations of classifiers. Raises OptionError."""
    member("activation", ActivationType, activation)
    return partial(postprocess_fn, logit_name=logit_name, activation=activation)


def get_score(x: Array, index: int, activation: ActivationType | str = ActivationType.NONE) -> float:
    """The activated score of a class, of logits [K] or [1,K]."""
    scores = postprocess_fn({0: np.atleast_2d(x)}, 0, activation)
    if len(scores) != 1:
        raise OptionError(f"scores of one picture are asked for, not of {len(scores)}")
    return float(scores[0, index])


def boxes_postprocess_fn(
    x: Mapping[Any, Array], boxes: str | int = "boxes", labels: str | int = "labels", threshold: float = 0.0
) -> tuple[Array, Array, Array]:
    """Boxes [1,D,4], scores [1,D], labels [1,D] of outputs boxes [1,D,5] (with the score) and labels [1,D]."""
    found, said = np.asarray(_named(x, boxes)), np.asarray(_named(x, labels)).reshape(-1)
    if found.shape[-1:] != (5,) or found.size != 5 * said.size:
        raise OptionError(f"boxes are [1,D,5] and labels [1,D], not {list(found.shape)} and {list(said.shape)}")
    found = found.reshape(-1, 5)
    kept = found[:, 4] >= threshold
    return found[None, kept, :4], found[None, kept, 4], said[None, kept]


def yolo_postprocess_fn(
    x: Mapping[Any, Array], output: str | int = 0, threshold: float = 0.3, overlap: float = 0.5
) -> tuple[Array, Array, Array]:
    """Boxes, scores and labels of an output [1,4+K,P]: middles and sizes in pixels, then class scores (YOLOv8)."""
    rows = np.asarray(_named(x, output))
    if rows.ndim != 3 or len(rows) != 1 or rows.shape[1] < 5:  # a box and a class
        raise OptionError(f"detections in the layout of YOLOv8 are [1,4+K,P], not {list(rows.shape)}")
    found = detections_of(rows[0], threshold, overlap)
    boxes = np.array([one.box for one in found], np.float32).reshape(1, -1, 4)
    return boxes, np.array([[one.score for one in found]]), np.array([[one.label for one in found]], np.int64)


def get_detection_postprocess_fn(kind: str = "boxes", **options: Any) -> Callable[[Mapping[Any, Array]], Any]:
    """For black-box explanations of detectors: `boxes_postprocess_fn` ("boxes") or `yolo_postprocess_fn` ("yolo")."""
    known = {"boxes": boxes_postprocess_fn, "yolo": yolo_postprocess_fn}
    if kind not in known:
        raise OptionError(f"there is no postprocess_fn for {kind!r}: there is {', '.join(known)}")
    check_options(known[kind], options, f"postprocess_fn of {kind}")
    return partial(known[kind], **options)


def _named(x: Mapping[Any, Array], name: str | int) -> Array:
    try:
        return x[name]
    except (KeyError, IndexError, RuntimeError, TypeError):
        known = (name for key in x for name in ([key] if isinstance(key, str) else _names_of(key)))
        names = ", ".join(sorted(known))
        raise OptionError(f"the model has no output {name!r}; outputs by name: {names or 'none'}") from None


def _names_of(port: Any) -> Iterable[str]:
    """The names of an output, where a key is one."""
    return port.get_names() if hasattr(port, "get_names") else ()


def _output(x: Mapping[Any, Array], name: str | int) -> Array:
    try:
        return x[name]
    except (KeyError, RuntimeError):  # models of other formats often have no names
        return next(iter(x.values()))
