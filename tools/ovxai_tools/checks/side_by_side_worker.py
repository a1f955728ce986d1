"""Timed tasks that openvino_xai and this package both do, by the same calls. Runs in an environment of either.

    python side_by_side_worker.py PACKAGE MODEL PICTURES.npz

It needs numpy and the package alone. It prints the names of its tasks; for each name on stdin
it does that task once and prints the seconds.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def tasks(package: str, model: str, pictures: Any) -> dict[str, Callable[[], object]]:
    """The tasks by name. `pictures`: u8 [N,H,W,3] RGB, of 224x224 and larger ones."""
    xai = importlib.import_module(package)
    explainers = importlib.import_module(f"{package}.explainer.explainer")
    utils = importlib.import_module(f"{package}.explainer.utils")
    metrics = importlib.import_module(f"{package}.metrics")
    black_box = [importlib.import_module(name) for name in _black_box(package)]
    core = importlib.import_module("openvino").Core()
    small, large = list(pictures["small"]), list(pictures["large"])
    mean, std = np.array([127.0] * 3), np.array([128.0] * 3)
    prepare = utils.get_preprocess_fn(input_size=(224, 224), mean=mean, std=std, hwc_to_chw=True)
    scores = utils.get_postprocess_fn(activation=utils.ActivationType.NONE)
    white = xai.Explainer(
        core.read_model(model), xai.Task.CLASSIFICATION, prepare, explain_mode=explainers.ExplainMode.WHITEBOX
    )
    grey = [white(one, targets=[281], colormap=False) for one in small[:5]]
    adcc = metrics.ADCC(core.read_model(model), prepare, scores, white)
    areas = metrics.InsertionDeletionAUC(core.read_model(model), prepare, scores)
    rise, aise = (
        getattr(module, name)(core.read_model(model), scores, prepare)
        for module, name in zip(black_box, ("RISE", "AISEClassification"), strict=True)
    )
    return {
        "20 pictures": lambda: [white(one, targets=[281]) for one in small],
        "20 pictures 640x480, overlay": lambda: [white(one, targets=[281], overlay=True) for one in large],
        "20 pictures, raw maps": lambda: [white(one, resize=False, colormap=False) for one in small],
        "preprocess_fn, 100 x 640x480": lambda: [prepare(one) for one in large * 5],
        "ADCC, 5 maps": lambda: adcc.evaluate(grey, small[:5]),
        "insertion and deletion, 5 maps": lambda: areas.evaluate(grey, small[:5], steps=30),
        "overlay of 1000 classes": lambda: white(small[0], overlay=True),
        "RISE, 1 class, 500 masks": lambda: rise.generate_saliency_map(small[0], [281], num_masks=500, num_cells=8),
        "RISE, 1000 classes, 500 masks": lambda: rise.generate_saliency_map(small[0], num_masks=500, num_cells=8),
        "AISE, 1 class, 60 windows": lambda: aise.generate_saliency_map(small[0], [281], num_iterations_per_kernel=20),
    }


def _black_box(package: str) -> tuple[str, str]:
    if package == "openvino_xai":
        return f"{package}.methods.black_box.rise", f"{package}.methods.black_box.aise.classification"
    return f"{package}.explainer", f"{package}.explainer"


def main() -> None:
    """Answer until stdin ends."""
    package, model, pictures = sys.argv[1:]
    known = tasks(package, model, np.load(pictures))
    print(*known, sep="\t", flush=True)
    for line in sys.stdin:
        started = time.perf_counter()
        known[line.rstrip("\n")]()
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()
