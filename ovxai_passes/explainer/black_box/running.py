"""A model asked about many masked pictures."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino.utils.data_helpers.wrappers import OVDict

from ovxai_passes.errors import OptionError
from ovxai_passes.explainer.checked import compiled, picture_array, told_by_the_runtime
from ovxai_passes.model_info.class_scores import shares_of
from ovxai_passes.pictures.arrays import is_bhwc

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
Postprocess = Callable[[Mapping[Any, Array]], Any]

_hidden: ContextVar[bool] = ContextVar("hidden", default=False)


class Preset(Enum):
    """How much is computed: a quick look, a balance, or the best."""

    SPEED = "speed"
    BALANCE = "balance"
    QUALITY = "quality"


class Runner:
    """Runs a model on pictures, one a request, several requests at a time, and postprocesses what comes back.

    The batch stays what the picture has, so that any `postprocess` that works for one picture works here.

    `at_once`: how many pictures come together before their answers decide on the next ones; None: many.
    """

    def __init__(self, model: ov.Model, postprocess: Postprocess, device: str, at_once: int | None = None) -> None:
        if len(model.inputs) != 1:
            raise OptionError(f"black-box methods take models of one input, not of {len(model.inputs)}")
        hints = {"PERFORMANCE_HINT": "LATENCY" if at_once == 1 else "THROUGHPUT"}
        if at_once is not None:
            hints["PERFORMANCE_HINT_NUM_REQUESTS"] = str(at_once)  # cores are shared among so many, not more
        self.compiled = compiled(model, device, hints)
        self.postprocess = postprocess
        count = at_once or int(self.compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._lock = RLock()
        self._requests = [self.compiled.create_infer_request() for _ in range(count)]

    def one(self, picture: Array) -> Any:
        """What the model says of one picture [1,C,H,W] or [1,H,W,C]."""
        return self.many([picture])[0]

    def outputs(self, picture: Array) -> Mapping[Any, Array]:
        """The model's outputs for one picture."""
        with self._lock:
            return self.compiled(picture)

    def _outputs(self, request: ov.InferRequest) -> Mapping[Any, Array]:
        """Copies of all outputs, as an inference returns them: by output, index or name, each once."""
        places = enumerate(self.compiled.outputs)
        return OVDict({port: np.array(request.get_output_tensor(place).data) for place, port in places})

    def many(self, pictures: Iterable[Array]) -> list[Any]:
        """What the model says of each picture, in their order. An error in `postprocess` is raised here."""
        with self._lock:  # another thread's pictures would come between
            return self._answers(pictures)

    def _answers(self, pictures: Iterable[Array]) -> list[Any]:
        waiting: deque[tuple[ov.InferRequest, Array]] = deque()
        results: list[Any] = []
        try:
            for place, picture in enumerate(pictures):
                if len(waiting) == len(self._requests):
                    results.append(self._collected(waiting.popleft()[0]))
                request = self._requests[place % len(self._requests)]
                held = np.ascontiguousarray(picture)  # what a request reads has to live as long as it runs
                request.start_async({0: held}, share_inputs=True)
                waiting.append((request, held))
            while waiting:
                results.append(self._collected(waiting.popleft()[0]))
        finally:
            for request, _ in waiting:  # after an error or an interrupt
                request.wait()
        return results

    def _collected(self, request: ov.InferRequest) -> Any:
        with told_by_the_runtime("the model does not run on this picture"):
            request.wait()
        return self.postprocess(self._outputs(request))


def class_scores(output: Any) -> Floats:
    """The scores [K] in what a postprocess of a classifier returns, [1,K]. Raises OptionError."""
    scores = _as_numbers(output)
    if scores is None or scores.ndim != 2 or len(scores) != 1 or not scores.size:
        raise OptionError(f"postprocess_fn of a classifier returns scores [1,K], not {_described(output)}")
    if not np.isfinite(scores).all():
        raise OptionError("postprocess_fn returns scores that are not finite (nan or infinite)")
    return shares_of(scores, scores.size)


def found_boxes(output: Any) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Boxes [D,4] (x1, y1, x2, y2), scores [D] and labels [D] in what a postprocess of a detector returns.

    That is boxes [1,D,4], scores [1,D], labels [1,D]. Raises OptionError.
    """
    if not isinstance(output, (tuple, list)) or len(output) != 3:
        raise OptionError(f"postprocess_fn of a detector returns boxes, scores and labels, not {_described(output)}")
    boxes, scores, labels = (_as_numbers(part) for part in output)
    count = scores.size if scores is not None else 0
    if (
        boxes is None
        or scores is None
        or labels is None
        or (boxes.shape, scores.shape, labels.shape) != ((1, count, 4), (1, count), (1, count))
    ):
        raise OptionError(
            "postprocess_fn of a detector returns boxes [1,D,4], scores [1,D] and labels [1,D], "
            f"not {', '.join(_described(part) for part in output)}"
        )
    if not all(np.isfinite(part).all() for part in (boxes, scores, labels)) or (labels != labels.astype(int)).any():
        raise OptionError("postprocess_fn returns finite boxes and scores, and whole numbers as labels; these are not")
    return boxes[0].astype(np.float32), scores[0].astype(np.float32), labels[0].astype(np.int64)


def _as_numbers(output: Any) -> Array | None:
    try:
        found = np.asarray(output)
    except ValueError:  # rows of several lengths
        return None
    return found if found.dtype.kind in "biuf" else None


def _described(output: Any) -> str:
    return f"an array {list(output.shape)}" if isinstance(output, np.ndarray) else type(output).__name__


class Masking:
    """A picture [1,C,H,W] or [1,H,W,C], to be multiplied by masks [H,W]; of bytes and other integers to the nearest."""

    def __init__(self, picture: Array) -> None:
        self._shape, self._kind = picture.shape, picture.dtype
        self._repeated = picture.shape[3] if is_bhwc(picture) else 1  # channels last: a mask's value for each of them
        height, width = input_size(picture)
        self._pixels = np.ascontiguousarray(picture, np.float32).reshape(-1, height, width * self._repeated)

    def __call__(self, mask: Floats) -> Array:
        """The picture times a mask."""
        weights = np.repeat(mask, self._repeated, axis=1) if self._repeated > 1 else mask
        product = self._pixels * weights
        if np.issubdtype(self._kind, np.integer):
            np.rint(product, out=product)
        return product.astype(self._kind, copy=False).reshape(self._shape)


def picture_of(data: Array) -> Array:
    """A preprocessed picture with its batch of one. Raises OptionError."""
    data = np.ascontiguousarray(picture_array(data, "what preprocess_fn returns"))
    if data.ndim == 3:
        data = data[None]
    if data.ndim != 4 or len(data) != 1:
        raise OptionError(f"black-box methods explain one picture at a time, [1,C,H,W] or [1,H,W,C], not {data.shape}")
    return data


def input_size(picture: Array) -> tuple[int, int]:
    """Height and width of a picture [1,C,H,W] or [1,H,W,C]."""
    return tuple(picture.shape[1:3] if is_bhwc(picture) else picture.shape[2:4])


@contextmanager
def without_progress(hidden: bool = True) -> Iterator[None]:
    """No progress bars inside the block, where they are to be `hidden`."""
    token = _hidden.set(hidden)
    try:
        yield
    finally:
        _hidden.reset(token)


@contextmanager
def progress(length: int, label: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, and nothing elsewhere; the function given says how many steps are done more."""
    if _hidden.get() or not sys.stderr.isatty():
        yield lambda _: None
        return
    import click  # noqa: PLC0415  # only where somebody looks on

    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update
