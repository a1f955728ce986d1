"""Settings as they are written, and those that fit a model by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ovxai_tools.demo.shipped import model_path
from ovxai_tools.evaluation.compared.settings import own_settings, parsed_setting

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.read import read_model
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Defaults, Mask, Method, Scaling, Task


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("method=reciprocam  mask=onehot", Options(method=Method.RECIPROCAM, mask=Mask.ONE_HOT)),
        ("method=vitreciprocam k=2 scaling=joint", Options(method=Method.VITRECIPROCAM, k=2, scaling=Scaling.JOINT)),
        ("saliency-map-size=12x9 objectness=yes", Options(saliency_map_size=(12, 9), objectness=True)),
        ("target_layer=a,b max_cost=2.5", Options(target_layer=("a", "b"), max_cost=2.5)),
    ],
)
def test_a_setting_is_options_of_transform(text: str, options: Options) -> None:
    found = parsed_setting(text)
    assert found.options == replace(options, defaults=Defaults.MEASURED)
    assert found.name == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reciprocam", "write NAME=VALUE"),
        ("", "names at least one option"),
        ("method=nonsense", "nonsense"),
        ("methd=reciprocam", "methd"),
        ("top_k=3", "every class needs its map"),
        ("objectness=perhaps", "true or false"),
        ("method=reciprocam,eigencam", "a setting for each"),
    ],
)
def test_what_is_no_setting_is_said(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        parsed_setting(text)


def test_what_fits_a_classifier_by_itself() -> None:
    found = list(own_settings(read_model(model_path("demo:cnn")), Task.CLASSIFICATION))
    names = [one.setting.name for one in found]
    gradients = [
        *("layercam", "layercam-share", "hirescam", "gradcam", "gradcam++", "gradcam-elementwise", "xgradcam"),
        "inputxgradient",
    ]
    twice = [name for name in gradients for _ in ("log-probability", "logit")]
    assert [name.split()[0] for name in names] == ["default:", *["reciprocam"] * 5, "activationmap", "eigencam", *twice]
    assert ["gradient-of=logit" in name for name in names].count(True) == len(gradients)
    assert ["contrast=share" in name for name in names].count(True) == 1
    assert ["scaling=positive" in name for name in names].count(True) == 4 + len(twice)
    assert found[0].setting.options == Options(task=Task.CLASSIFICATION, defaults=Defaults.MEASURED)
    masks = [one.insertion.report.mask for one in (found[0], found[5])]
    assert sorted(map(str, masks)) == ["gaussian", "onehot"], "the default's own mask comes once"
    assert len({one.setting.name for one in found}) == len(found)


def test_what_fits_a_detector_by_itself() -> None:
    found = [one.setting.name for one in own_settings(read_model(model_path("demo:detector")), Task.DETECTION)]
    assert {name.removeprefix("default: ").split()[0] for name in found} == {
        "detclassprobabilitymap",
        "activationmap",
        "eigencam",
        *("layercam", "hirescam", "gradcam", "gradcam++", "gradcam-elementwise", "xgradcam"),
    }
    assert len(set(found)) == len(found)
