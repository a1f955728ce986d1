"""Options are checked before any work."""

from __future__ import annotations

import pytest

import ovxai_passes as xai
from ovxai_passes.options import Options
from tests.fixtures import graphs
from tests.fixtures.own.patterns import MeanPooled


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"colour": "red"}, "there is no option 'colour'"),
        ({"mask": "square"}, "one of 'onehot', 'gaussian'"),
        ({"method": "scorecam"}, "takes one of"),
        ({"task": "poetry"}, "takes one of"),
        ({"method": "rise"}, "not available yet"),
        ({"task": xai.Task.DETECTION, "method": "reciprocam"}, "not for a model that detects"),
        ({"k": -1}, "whole number"),
        ({"k": True}, "whole number"),
        ({"k": 1.5}, "whole number"),
        ({"k": 1, "method": "reciprocam"}, "vitreciprocam"),
        ({"k": 1, "method": "activationmap"}, "masks nothing"),
        ({"mask": "onehot", "method": "activationmap"}, "masks nothing"),
        ({"k": 1, "method": "eigencam"}, "masks nothing"),
        ({"target_layer": 3}, "takes text or a list"),
        ({"embed_scaling": "yes"}, "takes True or False"),
        ({"output": 1.0}, "takes a whole number or text"),
        ({"target_layer": ()}, "friendly name, or several"),
        ({"target_layer": ("a", "")}, "friendly name, or several"),
        ({"num_anchors": 2}, "give these, too"),
        ({"num_anchors": [2, 0], "target_layer": "a"}, "whole numbers from 1"),
        ({"saliency_map_size": (23,)}, "height and width"),
        ({"saliency_map_size": (23, 0)}, "height and width"),
        ({"saliency_map_size": "smallest"}, "'middle', 'largest'"),
        ({"background": "first"}, "takes a whole number"),
        ({"patterns": "house:HouseHead"}, "takes a class or a list"),
        ({"patterns": MeanPooled, "target_layer": "a"}, "patterns and target_layer do not go together"),
    ],
)
def test_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(xai.OptionError, match=said):
        Options.checked(**options)


def test_enumerations_by_value_in_any_case() -> None:
    options = Options.checked(task="Classification", method="RECIPROCAM", mask="OneHot")
    assert (options.method, options.mask) == (xai.Method.RECIPROCAM, xai.Mask.ONE_HOT)


def test_all_methods_of_the_interface_exist() -> None:
    names = {"RECIPROCAM", "VITRECIPROCAM", "ACTIVATIONMAP", "EIGENCAM", "DETCLASSPROBABILITYMAP", "INSTANCEMASKS"}
    gradients = {"LAYERCAM", "LAYERCAM_SHARE", "HIRESCAM", "GRADCAM", "GRADCAM_PLUS_PLUS", "XGRADCAM", "INPUTXGRADIENT"}
    gradients |= {"GRADCAM_ELEMENTWISE"}
    assert names | gradients | {"RISE", "AISE", "BEST"} == set(xai.Method.__members__)
    assert set(xai.Task.__members__) == {"AUTO", "CLASSIFICATION", "DETECTION", "INSTANCE_SEGMENTATION"}


def test_a_model_of_the_wrong_kind() -> None:
    with pytest.raises(xai.OptionError, match=r"openvino\.Model or a path"):
        xai.insert_xai(42)


def test_method_options_reach_the_search() -> None:
    with pytest.raises(xai.OptionError, match="there is no option"):
        xai.insert_xai(graphs.cnn(), kk=1)  # type: ignore[call-arg]  # what is tested
