"""Weights of the demo models: as they are stored, and as IRs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import torch
from torch import nn

from ovxai_tools.demo import scenes, shapes


@dataclass(frozen=True)
class Facts:
    """What an IR says about its model. `side`: of pictures, in pixels. `figure`: the measure of how good it is."""

    side: int
    output: str
    model_type: str
    figure: str


CLASSIFIER = Facts(shapes.SIDE, "logits", "Classification", "accuracy")
DETECTOR = Facts(scenes.SIDE, "detections", "YOLOv8", "map50")


def rounded_weights(model: nn.Module) -> dict[str, Any]:
    """All weights and running statistics as f16, by name."""
    state = model.state_dict()
    return {name: value.numpy().astype(np.float16) for name, value in state.items() if value.is_floating_point()}


def set_weights(model: nn.Module, weights: dict[str, Any]) -> None:
    """Give a model, f32 and in evaluation mode from now on, such weights."""
    state = model.state_dict()
    state.update({name: torch.from_numpy(value.astype(np.float32)) for name, value in weights.items()})
    model.load_state_dict(state)
    model.eval()


def export(model: nn.Module, path: Path, facts: Facts, value: float) -> None:
    """The model as an IR with a dynamic batch, f16 constants, and labels in rt_info where clients look for them."""
    side = facts.side
    converted = ov.convert_model(model, example_input=torch.zeros(2, 3, side, side), input=[-1, 3, side, side])
    converted.inputs[0].set_names({"image"})
    converted.outputs[0].set_names({facts.output})
    converted.get_parameters()[0].layout = ov.Layout("NCHW")
    converted.set_rt_info(facts.model_type, ["model_info", "model_type"])
    converted.set_rt_info(" ".join(shapes.LABELS), ["model_info", "labels"])
    converted.set_rt_info(f"{value:.4f}", ["demo", facts.figure])
    ov.save_model(converted, path)


def store(npz: Path, weights: dict[str, Any], facts: Facts, value: float) -> None:
    """Write rounded weights, and the figure that they reach."""
    stored: dict[str, Any] = {**weights, facts.figure: np.float64(round(value, 4))}
    np.savez_compressed(npz, **stored)


def stored(npz: Path, facts: Facts) -> tuple[dict[str, Any], float]:
    """What `store` wrote."""
    with np.load(npz) as archive:
        weights = {name: archive[name] for name in archive.files}
    return weights, float(weights.pop(facts.figure))
