"""What is wrong with a module, an example or an option is said in one sentence."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import ovxai_passes as xai
from tests.passes.torch_modules.networks import made, pictures, torch

pytestmark = [pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("UserWarning", "FutureWarning")]


class _FixedBatch(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = torch.nn.Conv2d(3, 4, 4, 4), torch.nn.Linear(4, 5)

    def forward(self, x: Any) -> Any:
        return self.fc(self.conv(x).reshape(2, 4, 16).mean(2))


class _Branching(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = torch.nn.Conv2d(3, 4, 4, 4), torch.nn.Linear(4, 5)

    def forward(self, x: Any) -> Any:
        y = self.conv(x)
        return self.fc(y.mean((2, 3)) if float(y.sum()) > 0 else -y.mean((2, 3)))


GIVEN: dict[str, tuple[Any, dict[str, Any], str]] = {
    "a task": (made("residual"), {"task": "detection"}, "explained as classifiers"),
    "an option of models": (made("residual"), {"trim": True}, "'trim' does not go with torch modules"),
    "two methods": (made("residual"), {"explain_method": ["reciprocam", "eigencam"]}, "the map of one method"),
    "what a model is told": (made("residual"), {"bgr": False}, "'bgr' does not go with torch modules"),
    "f16": (made("residual").half(), {}, r"float16.*module\.float\(\)"),
    "another device": (made("residual").to("meta"), {}, r"on device 'meta'.*module\.cpu\(\)"),
    "a string": (made("residual"), {"example_input": "picture"}, "one tensor.*not str"),
    "two inputs": (made("residual"), {"example_input": (pictures(), pictures())}, "one tensor.*not 2 values"),
    "integers": (made("residual"), {"example_input": pictures().int()}, r"int32.*example_input\.float\(\)"),
    "no batch": (made("residual"), {"example_input": torch.zeros(16)}, r"shape \[16\]"),
    "no picture of it": (made("residual"), {"example_input": torch.zeros(1, 1, 16, 16)}, "does not take example_input"),
    "no such part": (made("residual"), {"target_layer": "layer9"}, "'layer9' is neither"),
    "a part that is fused": (made("residual"), {"target_layer": "conv"}, "no tensor of the converted module"),
    "a fixed batch": (_FixedBatch(), {}, "takes a fixed number of pictures"),
    "a branch of Python": (_Branching(), {}, r"torch\.export does not take"),
    "no classifier": (torch.nn.Conv2d(3, 4, 3), {}, "."),
}


@pytest.mark.parametrize("case", GIVEN)
def test_one_sentence(case: str) -> None:
    module, options, said = GIVEN[case]
    with pytest.raises((xai.OptionError, xai.TargetNotFoundError), match=said) as raised:
        xai.insert_xai(module, **({"example_input": pictures()} | options))
    assert str(raised.value).splitlines()[0]


def test_other_things_than_modules() -> None:
    with pytest.raises(xai.OptionError, match="or a path, not function"):
        xai.insert_xai(lambda x: x)
    with pytest.raises(xai.OptionError, match="example_input goes with a torch"):
        xai.insert_xai("model.xml", example_input=pictures())


def test_another_size_than_that_of_the_example() -> None:
    explained = xai.insert_xai(made("residual"), example_input=pictures())
    with pytest.raises(xai.OptionError, match=r"\[N, 3, 16, 16\], not \[1, 3, 32, 32\]"):
        explained(torch.zeros(1, 3, 32, 32))


def test_models_do_not_import_torch() -> None:
    code = "import sys, ovxai_passes as xai; xai.insert_xai; xai.Explainer; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
