"""timm architectures as OpenVINO models, for tests and sweeps: random weights that keep signals alive.

Maps of freshly initialised networks are constant or drown in rounding: biases are 0, norms do nothing, heads are small.
Here matrices and kernels are drawn with the scale of their fan-in, and biases, norms and statistics get noise.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import openvino as ov

from ovxai_passes.errors import MissingExtraError
from ovxai_passes.model_info.checksum import add_checksum
from ovxai_tools.common.files import model_moves, publish, staged_model, staging


def build(name: str, seed: int = 0) -> Any:
    """A timm model in evaluation mode, on the CPU. Raises MissingExtraError where timm is not installed."""
    torch, timm = _libraries()
    torch.manual_seed(seed)
    model = timm.create_model(name, pretrained=False).eval()
    enliven(model, seed + 1)
    return model


def enliven(model: Any, seed: int) -> None:
    """Draw the weights of a torch module anew, as the module says."""
    torch = _torch()
    noise = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_(0, 0.1, generator=noise)
                module.running_var.uniform_(0.5, 1.5, generator=noise)
        for parameter in model.parameters():
            drawn = torch.randn(parameter.shape, generator=noise)
            if parameter.ndim <= 1:
                parameter.copy_(parameter.clamp(-1, 1) + 0.2 * drawn)
            elif parameter.shape[0] > 1 and parameter.ndim in (2, 4):
                parameter.copy_(1.3 * drawn / parameter[0].numel() ** 0.5)


def picture_size(model: Any) -> tuple[int, int, int]:
    """(channels, height, width) that a timm model takes."""
    channels, height, width = model.pretrained_cfg.get("input_size", (3, 224, 224))
    return channels, height, width


def converted(model: Any, dynamic: bool = False, size: tuple[int, int, int] | None = None) -> ov.Model:
    """The OpenVINO model, with batch 1 or a dynamic batch; `size`: of the picture, where that is not timm's."""
    torch = _torch()
    size = size or picture_size(model)
    example = torch.randn(2 if dynamic else 1, *size, generator=torch.Generator().manual_seed(1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing warns of every shape that it takes for a constant
        return ov.convert_model(model, example_input=example, input=[-1 if dynamic else 1, *size])


def smallest_of_each_module() -> list[str]:
    """The architecture with the fewest parameters of each of timm's modules that has models, the smallest first."""
    torch, timm = _libraries()
    found: dict[str, int] = {}
    for module in timm.list_modules():
        sizes: dict[str, int] = {}
        for name in timm.list_models(module=module):
            with torch.device("meta"):
                sizes[name] = sum(parameter.numel() for parameter in timm.create_model(name).parameters())
        if sizes:
            name = min(sizes, key=sizes.__getitem__)
            found[name] = sizes[name]
    return sorted(found, key=found.__getitem__)


def _torch() -> Any:
    try:
        import torch  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise MissingExtraError("torch is not installed: pip install 'ovxai-passes[zoo]'") from error
    return torch


def _libraries() -> tuple[Any, Any]:
    try:
        import timm  # noqa: PLC0415  # an extra
    except (ImportError, RuntimeError) as error:  # a torchvision that does not fit torch raises RuntimeError
        raise MissingExtraError(f"timm cannot be imported: pip install 'ovxai-passes[zoo]' ({error})") from error
    return _torch(), timm


def save(model: ov.Model, path: Path) -> None:
    """Both files of an IR, or none: a later run leaves alone what is there."""
    with staging(path.parent) as staged:
        ov.save_model(model, staged_model(staged))
        add_checksum(staged_model(staged))
        publish(staged, model_moves(staged, path))
