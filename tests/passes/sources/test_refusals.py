"""What is no model, or half of one, is said in one sentence; no framework is needed for these."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import ovxai_passes as xai
from ovxai_passes.errors import MissingExtraError
from ovxai_passes.sources import source
from ovxai_passes.sources.registry import SOURCES, source_of


def folder(**files: object) -> Callable[[Path], Path]:
    """A folder of Hugging Face with these files; what is no text is JSON."""

    def make(place: Path) -> Path:
        (place / "model").mkdir()
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (place / "model" / name.replace("__", ".")).write_text(text)
        return place / "model"

    return make


def file(name: str) -> Callable[[Path], Path]:
    """A file of no model."""

    def make(place: Path) -> Path:
        (place / name).write_bytes(b"no model")
        return place / name

    return make


VIT = {"architectures": ["ViTForImageClassification"]}
REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "an empty folder": (folder(), r"it is a directory; name .* \(config\.json\)"),
    "weights alone": (folder(model__safetensors=""), "it is a directory"),
    "no weights": (folder(config__json=VIT), r"no weights \(model\.safetensors"),
    "no JSON": (folder(config__json="{"), r"its config\.json is no JSON"),
    "a list": (folder(config__json=[1]), "JSON of another kind"),
    "no architecture": (folder(config__json={}), "names no architecture"),
    "of text": (folder(config__json={"architectures": ["BertForMaskedLM"]}), "BertForMaskedLM is neither"),
    "a preprocessor of no JSON": (
        folder(config__json=VIT, model__safetensors="", preprocessor_config__json="["),
        r"its preprocessor_config\.json is no JSON",
    ),
    "weights of torch": (file("model.pth"), r"holds weights without their network.*\.pt2"),
    "safetensors": (file("model.safetensors"), "holds weights without their network"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_one_sentence(case: str, tmp_path: Path) -> None:
    make, said = REFUSED[case]
    with pytest.raises(xai.ModelReadError, match=said):
        xai.read_model(make(tmp_path))


WANTED = {
    "torch": (file("model.pt2"), "torch: pip install 'ovxai-passes[torch]'"),
    "tensorflow": (file("model.keras"), "tensorflow: pip install 'ovxai-passes[keras]'"),
    "transformers": (
        folder(config__json=VIT, model__safetensors=""),
        "(torch|transformers): pip install 'ovxai-passes[huggingface]'",
    ),
}


@pytest.mark.parametrize("framework", WANTED)
def test_a_missing_framework_names_the_extra(framework: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, framework, None)  # importing it raises ImportError
    make, said = WANTED[framework]
    with pytest.raises(MissingExtraError, match=said.replace("[", r"\[").replace("]", r"\]")):
        xai.read_model(make(tmp_path))


def test_every_source_says_why_it_declines(tmp_path: Path) -> None:
    path = file("model.xml")(tmp_path)
    assert source_of(path) is None
    assert all(one.declines(path) for one in SOURCES)
    assert isinstance(SOURCES[0], source.Source)


def test_models_of_openvino_import_no_framework() -> None:
    code = (
        "import sys, ovxai_passes as xai; from ovxai_tools.demo.shipped import model_path;"
        "xai.read_model(model_path('demo:cnn'));"
        "assert not {'torch', 'keras', 'tensorflow', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
