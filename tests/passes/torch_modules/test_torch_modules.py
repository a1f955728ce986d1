"""Torch modules with maps: equal to the branch of the converted module, and exported as other modules are."""

from __future__ import annotations

import copy
import io
from functools import cache
from typing import Any

import numpy as np
import openvino as ov
import pytest

import ovxai_passes as xai
from ovxai_passes.ops.precision import F32
from tests.passes.torch_modules.networks import made, pictures, torch

WARNINGS = ("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
pytestmark = [pytest.mark.filterwarnings(one) for one in (*WARNINGS, "ignore::torch.jit.TracerWarning")]

RANGE = 1e-3


def run(model: ov.Model, x: Any) -> dict[str, Any]:
    found = ov.compile_model(model, "CPU", F32)([x.numpy()])
    return {name: value for port, value in found.items() for name in port.get_names()} | {"first": found[0]}


def of_model(module: Any, x: Any, **options: Any) -> dict[str, Any]:
    """What the branch of the converted module gives."""
    converted = ov.convert_model(module, example_input=x, input=[-1, *x.shape[1:]])
    return run(xai.insert_xai(converted, **options), x)


@cache
def raw(name: str) -> Any:
    """A network with the raw map of its default method; tests only run it."""
    return xai.insert_xai(made(name), embed_scaling=False, example_input=pictures(1))


def close(found: Any, wanted: Any) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found.detach().numpy() - wanted).max() <= RANGE * np.ptp(wanted)


def test_as_the_user_guide_has_it() -> None:
    model, x = made("residual"), pictures(3)
    model_xai = xai.insert_xai(model=model, task=xai.Task.CLASSIFICATION)
    out = model_xai(x)
    assert out["prediction"].shape == (3, 5)  # BxC
    assert out["saliency_map"].shape == (3, 5, 4, 4)  # BxCxhxw
    assert out["saliency_map"].dtype == torch.uint8
    assert torch.equal(out["prediction"], model(x))
    assert isinstance(model_xai, torch.nn.Module)


CASES = [
    ("residual", None),
    ("class token", None),
    pytest.param("windows", None, marks=pytest.mark.slow),
    pytest.param("class token", "activationmap", marks=pytest.mark.slow),
    pytest.param("channels last", None, marks=pytest.mark.slow),
    pytest.param("channels last", "eigencam", marks=pytest.mark.slow),
    pytest.param("distilled", None, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "method"), CASES)
def test_equal_to_the_branch_of_the_converted_module(name: str, method: str | None) -> None:
    module, x = made(name), pictures()
    explained = raw(name) if method is None else xai.insert_xai(module, "auto", method, None, False, x[:1])
    found = explained(x)
    wanted = of_model(module, x, explain_method=method, embed_scaling=False)
    close(found["saliency_map"], wanted["saliency_map"])
    own = module(x)
    assert torch.equal(found["prediction"], own["logits"] if isinstance(own, dict) else own)


def test_a_map_is_the_score_when_one_place_is_left() -> None:
    module, x = made("residual"), pictures()
    kept = []
    hook = module.relu.register_forward_hook(lambda _module, _inputs, output: kept.append(output.clone()))
    module(x)
    hook.remove()
    found = raw("residual")(x)["saliency_map"]
    for row, column in ((0, 0), (1, 2), (3, 3)):
        alone = torch.zeros_like(kept[-1])
        alone[..., row, column] = kept[-1][..., row, column]
        torch.testing.assert_close(found[..., row, column], module.fc(alone.mean((2, 3))))


OPTIONS: tuple[dict[str, Any], ...] = (
    {"scaling": "joint", "top_k": 2},
    {"classes": [3, 1], "mask": "gaussian"},
)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options_mean_what_they_mean_of_models(options: dict[str, Any]) -> None:
    module, x = made("residual"), pictures()
    found, wanted = xai.insert_xai(module, example_input=x, **options)(x), of_model(module, x, **options)
    levels = np.abs(found["saliency_map"].numpy().astype(float) - wanted["saliency_map"])
    assert levels.max() <= 1  # truncated after the rounding of another library
    assert ("saliency_classes" in found) == ("top_k" in options)
    if "top_k" in options:
        np.testing.assert_array_equal(found["saliency_classes"], wanted["saliency_classes"])


def test_a_layer_by_the_path_of_a_part() -> None:
    module, x = made("class token"), pictures()
    named = xai.insert_xai(module, target_layer="blocks.0", embed_scaling=False, example_input=x)
    found = named(x)["saliency_map"]  # the input of the last block is that
    torch.testing.assert_close(found, raw("class token")(x)["saliency_map"])


@pytest.mark.slow
def test_more_blocks_are_run_again() -> None:
    module, x = made("class token"), pictures()
    earlier = xai.insert_xai(module, "classification", "vitreciprocam", k=2, embed_scaling=False, example_input=x)
    close(earlier(x)["saliency_map"], of_model(module, x, k=2, embed_scaling=False)["saliency_map"])


def test_the_original_is_left_alone() -> None:
    module = made("residual")
    module.train()
    module.norm.eval()
    state = copy.deepcopy(module.state_dict())
    modes = [part.training for part in module.modules()]
    random = torch.get_rng_state()
    explained = xai.insert_xai(module, example_input=pictures())
    explained(pictures())
    assert torch.equal(torch.get_rng_state(), random)
    assert [part.training for part in module.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert not any(part._forward_hooks for part in module.modules())
    assert {id(one) for one in explained.parameters()} == {id(one) for one in module.parameters()}, "shared, no copies"
    explained.train()
    assert torch.equal(explained(pictures())["prediction"], made("residual")(pictures())), "as in evaluation mode"


def test_gradients_are_those_of_the_module() -> None:
    explained = raw("residual")
    found = explained(pictures())
    assert found["prediction"].requires_grad
    assert not found["saliency_map"].requires_grad
    with torch.no_grad():
        assert not explained(pictures())["prediction"].requires_grad


@pytest.mark.parametrize(
    "name", ["residual", *(pytest.param(one, marks=pytest.mark.slow) for one in ("windows", "class token"))]
)
def test_what_is_exported_keeps_both_outputs(name: str) -> None:
    pytest.importorskip("onnx", reason="torch writes ONNX with it")
    explained, x = raw(name), pictures(3)
    wanted = explained(x)
    file = io.BytesIO()
    names = ["prediction", "saliency_map"]
    torch.onnx.export(
        explained,
        (pictures(),),
        file,
        input_names=["x"],
        output_names=names,
        dynamic_axes={"x": {0: "batch"}},
        dynamo=False,
    )
    for model in (ov.convert_model(io.BytesIO(file.getvalue())), ov.convert_model(explained, example_input=pictures())):
        found = run(model, x)  # three pictures, exported with two
        for output in names:
            close(wanted[output], found[output])


def test_copies_and_maps_that_are_there() -> None:
    explained, x = raw("residual"), pictures()
    other = copy.deepcopy(explained)
    with torch.no_grad():
        next(other.parameters()).zero_()
    assert not torch.equal(other(x)["prediction"], explained(x)["prediction"])
    assert xai.insert_xai(explained) is explained
    with pytest.raises(xai.OptionError, match="made with other options"):
        xai.insert_xai(explained, explain_method="activationmap")
