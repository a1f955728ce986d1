"""Raw maps of gradient methods are those of pytorch-grad-cam 1.5 and captum 0.9, on the same weights and picture.

Compared is what their formulas make of what their hooks keep, before ReLU, scaling and resizing. What their formulas
add to those of the papers, ours have, too: 1e-6 below the fraction of Grad-CAM++, 1e-7 below that of XGrad-CAM, and no
ReLU around the map of LayerCAM.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import openvino as ov
import pytest
from ovxai_tools.checks import timm_zoo

import ovxai_passes as xai
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from tests.support.extras import timm_network
from tests.support.running import Floats

pytestmark = pytest.mark.slow

NORMED = "__module.blocks.5.norm1/aten::layer_norm/Add"
"""Of test_vit: what attention of the last block reads of the tokens."""

CASES = [
    ("test_vit", None),  # tokens, of which the class token is read
    ("test_vit", NORMED),
    ("test_convnext", None),  # channels last inside, LayerNorm behind the pooling
    ("own", None),  # convolutions and BatchNorm; all positions are read: gradients differ from place to place
]
"""Networks and target layers. Two workers have half of the tests each, and share no network."""

CLASS = 3
OURS = ("layercam", "hirescam", "gradcam", "gradcam++", "gradcam-elementwise", "xgradcam", "inputxgradient")
GRAD_CAM = {
    "layercam": "LayerCAM",
    "hirescam": "HiResCAM",
    "gradcam": "GradCAM",
    "gradcam++": "GradCAMPlusPlus",
    "gradcam-elementwise": "GradCAMElementWise",
    "xgradcam": "XGradCAM",
}
CLOSE = 1e-3
"""Of the largest value of a map: how far it may be off."""


@dataclass(frozen=True)
class Explained:
    """A network, a picture for it, the module whose result is our target, and our maps [h,w] by method."""

    name: str
    layer: str | None
    network: Any
    picture: Floats
    module: Any
    maps: dict[str, Floats]

    def image(self) -> Any:
        """The picture as a tensor that takes a gradient."""
        import torch  # noqa: PLC0415

        return torch.tensor(self.picture, requires_grad=True)

    @property
    def is_of_tokens(self) -> bool:
        """Whether the module returns tokens, the class token first."""
        return self.name == "test_vit"

    def as_map(self, result: Any) -> Any:
        """What the module returns, or its gradient, as [1,C,h,w]: `reshape_transform` of pytorch-grad-cam."""
        if result.ndim == 4:
            return result
        height, width = self.maps["layercam"].shape
        places = result[:, result.shape[1] - height * width :]  # the class token comes first
        return places.transpose(1, 2).reshape(1, -1, height, width)


def test_hirescam_of_what_is_normed_is_nothing() -> None:
    """Gradients of a LayerNorm are at right angles to what it norms, and nothing else reads these tokens."""
    captum = _oracle("captum.attr")
    case = explained("test_vit", None)
    terms = _terms(captum, case)
    assert np.abs(terms.sum(0)).max() < 1e-4 * np.abs(terms).sum(0).max()
    with pytest.raises(xai.OptionError, match="whose gradient is at right angles to them"):
        insert(_network("test_vit")[1], Options.checked(method="hirescam"))


@pytest.mark.parametrize("oracle", ["pytorch_grad_cam", "captum.attr"])
@pytest.mark.parametrize(("name", "layer"), CASES)
def test_maps_are_theirs(name: str, layer: str | None, oracle: str) -> None:
    package = _oracle(oracle)
    case = explained(name, layer)
    if oracle == "captum.attr":
        theirs = _by_captum(package, case)
    else:
        theirs = _by_grad_cam(package, case, package.utils.model_targets.ClassifierOutputTarget(CLASS))
    if case.layer is None and case.is_of_tokens:
        del theirs["hirescam"]  # refused: see the test above
    _check(case.maps, theirs)


@pytest.mark.parametrize("gradient_of", ["probability", "log-probability"])
def test_other_scores_are_differentiated(gradient_of: str) -> None:
    """Their gradients are sums over gradients of all class scores."""
    grad_cam = _oracle("pytorch_grad_cam")
    case = explained("own", None, gradient_of)
    probability = grad_cam.utils.model_targets.ClassifierOutputSoftmaxTarget(CLASS)
    target = probability if gradient_of == "probability" else lambda scores: probability(scores).log()
    _check(case.maps, _by_grad_cam(grad_cam, case, target))


@functools.cache
def explained(name: str, layer: str | None, gradient_of: str = "logit") -> Explained:
    """Our maps of one class of a network with random weights, and what the others make theirs of.

    `layer`: the target, or None for the last map, and the picture for what explains pictures.
    """
    network, model = _network(name)
    asked: dict[str, Any] = (
        {"method": OURS, "level": 0} if layer is None else {"method": OURS[:-1], "target_layer": layer}
    )
    if layer is None and name == "test_vit":
        asked["method"] = [method for method in OURS if method != "hirescam"]
    insertion = insert(model, Options.checked(**asked, gradient_of=gradient_of, classes=[CLASS], embed_scaling=False))
    picture = np.random.default_rng(0).standard_normal((1, *timm_zoo.picture_size(network))).astype(np.float32)
    found = list(ov.compile_model(insertion.model, "CPU", F32)([picture]).values())[1:]
    maps = {method: np.array(one[0, 0]) for method, one in zip(asked["method"], found, strict=True)}
    return Explained(name, layer, network, picture, _module(network, picture, _target(insertion, model, picture)), maps)


@functools.cache
def _network(name: str) -> tuple[Any, ov.Model]:
    """A network with statistics of its own maps, and its model."""
    network = _own_network() if name == "own" else timm_network(name)
    from ovxai_tools.checks.gradient_sweep.torch_gradients import calibrate  # noqa: PLC0415  # needs torch

    calibrate(network, timm_zoo.picture_size(network))
    network.requires_grad_(False)
    return network, timm_zoo.converted(network)


def _own_network() -> Any:
    """Two maps and a head of two layers that reads all positions of the second."""
    from torch import nn  # noqa: PLC0415

    network = nn.Sequential(
        nn.Conv2d(3, 16, 3, 2, 1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 24, 3, 2, 1),
        nn.BatchNorm2d(24),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(24 * 8 * 8, 32),
        nn.ReLU(),
        nn.Linear(32, 10),
    ).eval()
    timm_zoo.enliven(network, 5)
    network.pretrained_cfg = {"input_size": (3, 32, 32)}  # where networks of timm say it
    return network


def _target(insertion: Insertion, model: ov.Model, picture: Floats) -> Floats:
    """The value of the feature map that is explained."""
    feature = insertion.target.feature
    assert feature is not None
    (value,) = tensors_at(model, [feature.tensor], [picture])
    return np.asarray(value, np.float32)


def _module(network: Any, picture: Floats, value: Floats) -> Any:
    """The innermost module that returns this value."""
    import torch  # noqa: PLC0415

    found = []

    def look(module: Any, _inputs: Any, result: Any) -> None:
        own = result.numpy() if isinstance(result, torch.Tensor) else np.empty(0)
        if own.shape == value.shape and np.abs(own - value).max() < CLOSE * np.abs(value).max():
            found.append(module)

    hooks = [module.register_forward_hook(look) for module in network.modules()]
    with torch.no_grad():
        network(torch.tensor(picture))
    for hook in hooks:
        hook.remove()
    assert found, "no module of the network returns the target"
    return found[0]


def _by_grad_cam(grad_cam: Any, case: Explained, target: Callable[[Any], Any]) -> dict[str, Floats]:
    """The maps of pytorch-grad-cam before their ReLU, called as its `compute_cam_per_layer` calls them."""
    maps = {}
    for method, name in GRAD_CAM.items():
        made = getattr(grad_cam, name)(case.network, [case.module], case.as_map)
        with _right_gradients():
            made(case.image(), [target])
        kept = made.activations_and_grads
        (values,), (gradients,) = kept.activations, kept.gradients
        image = made.get_cam_image(case.image(), case.module, [target], values.numpy(), gradients.numpy(), False)
        maps[method] = np.asarray(image[0], np.float32)
        kept.release()
    return maps


def _by_captum(captum: Any, case: Explained) -> dict[str, Floats]:
    maps = {"hirescam": _terms(captum, case).sum(0)}
    with _right_gradients():
        if "inputxgradient" in case.maps:
            pixels = captum.InputXGradient(case.network).attribute(case.image(), CLASS)
            maps["inputxgradient"] = pixels[0].sum(0).detach().numpy()
        if not case.is_of_tokens:  # of tokens captum takes the second axis for that of channels, and it is of places
            pooled = captum.LayerGradCam(case.network, case.module).attribute(case.image(), CLASS)
            maps["gradcam"] = pooled[0, 0].detach().numpy()
    return maps


def _terms(captum: Any, case: Explained) -> Floats:
    """What HiResCAM sums over channels, [C,h,w], by captum."""
    with _right_gradients():
        made = captum.LayerGradientXActivation(case.network, case.module).attribute(case.image(), CLASS)
    return np.asarray(case.as_map(made)[0].detach().numpy(), np.float32)


def _check(maps: dict[str, Floats], theirs: dict[str, Floats]) -> None:
    """Nothing is far off in any map, and no map is flat."""
    largest = {method: float(np.abs(one).max()) for method, one in theirs.items()}
    far = {method: float(np.abs(maps[method] - one).max()) / largest[method] for method, one in theirs.items()}
    assert max(far.values()) < CLOSE, far
    assert min(float(np.ptp(one)) / largest[method] for method, one in theirs.items()) > 0.1


def _right_gradients() -> Any:
    from ovxai_tools.checks.gradient_sweep.torch_gradients import norms_are_given_contiguous_gradients  # noqa: PLC0415  # needs torch

    return norms_are_given_contiguous_gradients()


def _oracle(name: str) -> Any:
    """A package that is not always there."""
    try:
        return importlib.import_module(name)
    except (ImportError, RuntimeError) as error:  # a torchvision that does not fit torch raises RuntimeError
        pytest.skip(f"{name} cannot be imported: pip install --no-deps -r .ci/oracles.txt ({error})")
