"""The pointing game with the demo classifiers: does the map of the labelled class point at the object?

Held-out pictures that the model classifies correctly; the map without scaling, upsampled bilinearly to the size of the
picture; its largest value has to lie in the object's box (Zhang et al., Top-down Neural Attention by Excitation
Backprop, arXiv 1608.00507, section 4.2, without a margin).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.insert import insert
from ovxai_passes.methods.registry import methods_of
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import read_model
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Mask, Method, Task
from ovxai_tools.demo.shapes import Picture
from ovxai_tools.evaluation.pointing import points_inside
from ovxai_tools.evaluation.pointing_result import PointingResult

_BATCH = 50
_ANY_COST = 1000.0

Floats = npt.NDArray[np.float32]


def settings_of(path: Path) -> list[Options]:
    """What a model can be asked for: its defaults, every mask and number of blocks, and every other method."""
    model = read_model(path)
    default = insert(model, Options()).report
    blocks = (1, 2, 3, 4) if default.method == Method.VITRECIPROCAM.value else (0,)
    found = [Options()]
    found += [Options(k=k, mask=mask) for mask in Mask for k in blocks]
    found += [Options(method=Method.ACTIVATIONMAP), Options(method=Method.EIGENCAM)]
    gradients = [Options(method=spec.name) for spec in methods_of(Task.CLASSIFICATION) if spec.takes_gradients]
    return [*found, *(options for options in gradients if _goes_with(model, options))]


def _goes_with(model: ov.Model, options: Options) -> bool:
    try:
        insert(model, options)
    except (OptionError, TargetNotFoundError):
        return False
    return True


def pointing_in_pictures(path: Path, options: Options, pictures: list[Picture]) -> PointingResult:
    """Play the game with one setting. Raises TargetNotFoundError where the model cannot be asked for it."""
    raw = replace(options, embed_scaling=False, max_cost=_ANY_COST)
    found = insert(read_model(path), raw)
    compiled = ov.compile_model(found.model, "CPU", F32)
    report, inside = found.report, []
    for picture, scores, maps in _answers(compiled, pictures):
        if int(scores.argmax()) == picture.label:
            row = 0 if report.top_k else picture.label  # the best class is the label
            inside.append(points_inside(maps if maps.ndim == 2 else maps[row], picture.box))
    return PointingResult(
        model=path.stem,
        method=report.method,
        mask=report.mask,
        k=report.k,
        map_size="x".join(map(str, report.grid)),
        default=options == Options(),
        accuracy=len(inside) / len(pictures),
        inside=float(np.mean(inside)),
    )


def _answers(compiled: ov.CompiledModel, pictures: list[Picture]) -> Iterator[tuple[Picture, Floats, Floats]]:
    for start in range(0, len(pictures), _BATCH):
        shown = pictures[start : start + _BATCH]
        images = np.stack([picture.pixels for picture in shown]).transpose(0, 3, 1, 2).astype(np.float32)
        results = compiled(images)
        yield from zip(shown, results[0], results[OUTPUT_NAME], strict=True)
