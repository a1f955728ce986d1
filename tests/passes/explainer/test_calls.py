"""What calls of one Explainer have in common, and what they may not ask for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pytest
from ovxai_tools.demo import shipped as demo

import ovxai_passes as xai

pytest.importorskip("cv2", reason="pictures need OpenCV: pip install 'ovxai-passes[image]'")


def test_one_range_for_all_classes_stays_when_maps_are_resized() -> None:
    picture = np.random.default_rng(0).random((1, 3, 64, 64), np.float32) * 255
    joint = xai.Explainer(demo.model_path("demo:cnn"), xai.Task.CLASSIFICATION, scaling="joint")
    small = joint(picture, resize=False, colormap=False).saliency_map
    large = joint(picture, colormap=False).saliency_map
    assert min(one.max() for one in small.values()) < 200
    for one, other in zip(small.values(), large.values(), strict=True):
        assert abs(int(one.max()) - int(other.max())) <= 8
    with pytest.raises(xai.OptionError, match="not 'joint': as an option of insert_xai it is given to the Expl"):
        joint(picture, scaling="joint")


def test_threads_that_share_an_explainer_get_their_own_maps() -> None:
    explainer = xai.Explainer(demo.model_path("demo:cnn"), xai.Task.CLASSIFICATION)
    pictures = [np.random.default_rng(seed).random((1, 3, 64, 64), np.float32) * 255 for seed in range(8)]

    def maps(picture: npt.NDArray[np.float32]) -> list[npt.NDArray[np.uint8]]:
        return list(explainer(picture, resize=False, colormap=False).saliency_map.values())

    wanted = [maps(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(maps, pictures * 5), wanted * 5, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_names_of_several_classes_are_refused() -> None:
    explainer = xai.Explainer(demo.model_path("demo:cnn"), xai.Task.CLASSIFICATION)
    names = ["crane", "a", "b", "crane", "c", "d", "e", "f"]
    with pytest.raises(xai.OptionError, match="'crane' is the name of several classes, 0, 3: give the number"):
        explainer(np.zeros((1, 3, 64, 64), np.float32), ["crane"], label_names=names)


def test_classes_that_a_method_of_gradients_makes_no_map_of() -> None:
    picture = np.random.default_rng(0).random((1, 3, 64, 64), np.float32) * 255
    explainer = xai.Explainer(demo.model_path("demo:cnn"), xai.Task.CLASSIFICATION, explain_method="gradcam")
    (best,) = explainer(picture, resize=False, colormap=False).targets
    other = (int(best) + 1) % 8
    with pytest.raises(xai.OptionError, match=rf"no map of class {other}.* give classes=\[{other}\], too"):
        explainer(picture, targets=other)
    assert explainer(picture, targets=other, classes=[other], resize=False, colormap=False).targets == [other]
