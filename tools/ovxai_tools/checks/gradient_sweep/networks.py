"""Torch networks by name, with random weights that keep signals alive (`timm_zoo`). Nothing is fetched.

NAME                an architecture of timm
huggingface:NAME    a classifier of transformers, by its configuration
torchvision:NAME    a detector of torchvision, from the picture to the best score of each class, and its maps
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from ovxai_passes.errors import MissingExtraError, OptionError
from ovxai_tools.checks import timm_zoo
from ovxai_tools.checks.gradient_sweep.torch_gradients import calibrate

HUGGING_FACE = ("huggingface:ViT", "huggingface:Swin", "huggingface:ConvNext", "huggingface:Dinov2")
"""Small classifiers of transformers, with what their configurations are by default but for sizes."""

TORCHVISION = ("torchvision:retinanet_resnet50_fpn", "torchvision:fcos_resnet50_fpn", "torchvision:ssd300_vgg16")
"""Detectors of torchvision."""

_SMALL: dict[str, dict[str, Any]] = {
    "ViT": {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768, "num_hidden_layers": 6},
    "Swin": {"depths": [2, 2, 2, 2], "embed_dim": 48, "num_heads": [2, 4, 8, 16]},
    "ConvNext": {"depths": [2, 2, 4, 2], "hidden_sizes": [48, 96, 192, 384]},
    "Dinov2": {"hidden_size": 192, "num_attention_heads": 3, "num_hidden_layers": 6, "image_size": 224},
}


@dataclass(frozen=True)
class Network:
    """A torch module in evaluation mode: a picture of `size` → scores [1,K], or (scores, maps they are made from)."""

    module: Any
    size: tuple[int, int, int]
    origin: str
    """The Python module that defines it."""


def network(name: str) -> Network:
    """The network of a name. Raises MissingExtraError where its package is not there, OptionError for other names."""
    family, _, rest = name.rpartition(":")
    makers: dict[str, Callable[[str], Network]] = {"": _timm, "huggingface": _huggingface, "torchvision": _torchvision}
    if family not in makers:
        raise OptionError(
            f"there are no networks {family!r}: choose {', '.join(one for one in makers if one)}, or timm"
        )
    made = makers[family](rest)
    calibrate(made.module, made.size)
    return made


def _timm(name: str) -> Network:
    module = timm_zoo.build(name)
    return Network(module, timm_zoo.picture_size(module), type(module).__module__)


class _Logits(torch.nn.Module):
    """A model of transformers that returns its logits alone."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, picture: Any) -> Any:
        """Class scores."""
        return self.model(picture).logits


def _huggingface(name: str) -> Network:
    try:
        import transformers  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise MissingExtraError("transformers is not installed: pip install 'ovxai-passes[huggingface]'") from error
    if name not in _SMALL:
        raise OptionError(f"there is no configuration for {name!r}: choose {', '.join(_SMALL)}")
    config = getattr(transformers, f"{name}Config")(num_labels=100, attn_implementation="eager", **_SMALL[name])
    torch.manual_seed(0)
    model = getattr(transformers, f"{name}ForImageClassification")(config)
    made = _Logits(model).eval()
    timm_zoo.enliven(made, 1)
    return Network(made, (3, 224, 224), type(model).__module__)


class _BestScores(torch.nn.Module):
    """A detector of torchvision: the best score of each class over all boxes, and the maps of its levels."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone, self.head = detector.backbone, detector.head
        self.with_background = detector.__class__.__name__ == "SSD"

    def forward(self, picture: Any) -> Any:
        """(scores [1,K], maps)."""
        maps = list(self.backbone(picture).values())
        found = self.head(maps)
        scores = found["cls_logits"]
        scores = scores.softmax(-1)[..., 1:] if self.with_background else scores.sigmoid()
        if "bbox_ctrness" in found:
            scores = (scores * found["bbox_ctrness"].sigmoid()).sqrt()
        return scores.amax(1), *maps


def _torchvision(name: str) -> Network:
    try:
        from torchvision.models import detection  # noqa: PLC0415  # no dependency
    except (ImportError, RuntimeError) as error:  # RuntimeError where it does not fit torch
        raise MissingExtraError(f"torchvision cannot be imported: pip install torchvision ({error})") from error
    torch.manual_seed(0)
    made = _BestScores(getattr(detection, name)(weights=None, weights_backbone=None)).eval()
    timm_zoo.enliven(made, 1)
    with torch.no_grad():
        for place, parameter in made.head.classification_head.named_parameters():
            if place.startswith("cls_logits") or "module_list" in place:
                parameter.mul_(0.2)  # or the best scores are 1, and f32 does not tell how far from it
    return Network(made, (3, 300, 300) if made.with_background else (3, 128, 128), type(made.head).__module__)
