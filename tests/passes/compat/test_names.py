"""Each public name of openvino_xai is at the same path, or the README says why it is not."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ovxai_passes.compat.explainer.explainer import Explainer
from ovxai_passes.compat.explainer.utils import get_preprocess_fn
from ovxai_passes.compat.methods.black_box.aise.detection import AISEDetection
from ovxai_passes.compat.methods.black_box.rise import RISE
from ovxai_passes.compat.methods.white_box.det_class_probability_map import DetClassProbabilityMap
from ovxai_passes.compat.methods.white_box.recipro_cam import ReciproCAM, ViTReciproCAM
from tests.passes.compat.names import MEMBERS, NAMES

README = Path(__file__).resolve().parents[3] / "ovxai_passes" / "README.md"
NOT_HERE = {"common.utils.formatter", "common.utils.handler", "common.utils.retrieve_otx_model"}
NO_BASE = {"methods.base.MethodBase.generate_saliency_map", "methods.base.MethodBase.model_forward",
           "methods.base.MethodBase.prepare_model", "metrics.base.BaseMetric.evaluate"}  # fmt: skip
"""Abstract there, and declared by the classes that have them here."""


def module(name: str) -> Any:
    return importlib.import_module(f"ovxai_passes.compat.{name}".rstrip("."))


def test_each_name_is_at_its_path_or_in_the_table() -> None:
    wanted = {f"{path}.{name}".lstrip(".") for path, names in NAMES.items() for name in names.split()}
    torch = {"utils.torch.torch"} if importlib.util.find_spec("torch") is None else set()
    missing = {
        f"{path}.{name}".lstrip(".")
        for path, names in NAMES.items()
        for name in names.split()
        if f"{path}.{name}" not in torch and not hasattr(module(path), name)
    }
    assert len(wanted) == 111
    assert missing == NOT_HERE
    said = README.read_text(encoding="utf-8")
    assert f"{len(wanted) - len(missing)} of {len(wanted)}" in said
    assert not {name for name in missing if f"`{name.rpartition('.')[2]}`" not in said}


def test_members_of_classes() -> None:
    missing = {
        f"{path}.{name}"
        for path, names in MEMBERS.items()
        for name in names.split()
        if not hasattr(getattr(module(path.rpartition(".")[0]), path.rpartition(".")[2]), name)
    }
    assert missing == NO_BASE


@pytest.mark.parametrize(
    ("called", "order"),
    [
        (
            Explainer,
            "model task preprocess_fn postprocess_fn explain_mode explain_method target_layer embed_scaling "
            "device_name",
        ),
        (
            Explainer.explain,
            "self data targets original_input_image label_names output_size scaling resize colormap overlay "
            "overlay_weight overlay_prediction",
        ),
        (ReciproCAM, "model preprocess_fn target_layer embed_scaling device_name prepare_model"),
        (
            ViTReciproCAM,
            "model preprocess_fn target_layer embed_scaling device_name use_gaussian cls_token final_norm k "
            "prepare_model",
        ),
        (
            DetClassProbabilityMap,
            "model preprocess_fn target_layer embed_scaling device_name num_anchors saliency_map_size prepare_model",
        ),
        (RISE, "model postprocess_fn preprocess_fn device_name prepare_model"),
        (
            RISE.generate_saliency_map,
            "self data target_indices preset num_masks num_cells prob seed scale_output",
        ),
        (
            AISEDetection.generate_saliency_map,
            "self data target_indices preset num_iterations_per_kernel divisors solver_epsilon locally_biased "
            "scale_output",
        ),
        (get_preprocess_fn, "change_channel_order input_size mean std hwc_to_chw expand_zero_dim"),
    ],
)
def test_arguments_are_in_the_order_that_callers_know(called: Callable[..., Any], order: str) -> None:
    assert list(inspect.signature(called).parameters)[: len(order.split())] == order.split()


def test_the_line_of_the_readme_migrates_a_program() -> None:
    found = re.search(r"sed -E -i 's/(.+?)/(.+?)/g'", README.read_text(encoding="utf-8"))
    assert found is not None
    program = """
import openvino_xai
import openvino_xai as xai
from openvino_xai.explainer import Explanation
assert openvino_xai.Explainer is xai.Explainer is not None
"""
    migrated = re.sub(found[1], found[2], program)
    assert "openvino_xai" not in migrated
    subprocess.run([sys.executable, "-c", migrated], check=True)


def test_no_extra_is_needed_to_import_it() -> None:
    modules = ", ".join(f"ovxai_passes.compat.{name}".rstrip(".") for name in NAMES)
    absent = "('torch', 'cv2', 'PIL', 'scipy', 'matplotlib')"
    code = f"import sys; sys.modules.update(dict.fromkeys({absent})); import {modules}"
    subprocess.run([sys.executable, "-c", code], check=True)
