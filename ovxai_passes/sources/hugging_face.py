"""A folder of Hugging Face: config.json, weights, and what preprocessor_config.json says of pictures.

Only what lies in the folder is read: nothing is fetched, and no code of the folder is run.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import openvino as ov

from ovxai_passes.errors import ModelReadError
from ovxai_passes.sources.reasons import first_line_of
from ovxai_passes.sources.source import Source, imported

_CONFIG, _PICTURES = "config.json", "preprocessor_config.json"
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
_AUTO = {
    "ForImageClassification": "AutoModelForImageClassification",
    "ForImageClassificationWithTeacher": "AutoModelForImageClassification",
    "ForObjectDetection": "AutoModelForObjectDetection",
}
_OUTPUTS = ("logits", "pred_boxes")
_LARGEST = 255.0
_USUAL = 224


def _declines(path: Path) -> str:
    return "" if path.is_dir() and (path / _CONFIG).is_file() else f"it holds no {_CONFIG}"


def _read(path: Path) -> ov.Model:
    config = _json(path, _CONFIG)
    architecture = _architecture(path, config)
    if not any((path / name).is_file() for name in _WEIGHTS):
        raise ModelReadError(
            f"cannot read {path}: there is a {_CONFIG}, but no weights ({_WEIGHTS[0]} or {_WEIGHTS[2]})"
        )
    pictures = _json(path, _PICTURES) if (path / _PICTURES).is_file() else {}
    torch = imported("torch", f"{path}, of Hugging Face,", "huggingface")
    transformers = imported("transformers", f"{path}, of Hugging Face,", "huggingface")
    loader = getattr(transformers, _AUTO[architecture[architecture.index("For") :]])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = loader.from_pretrained(path, local_files_only=True).float().eval()
            size = [_channels(config), *_size(config, pictures)]
            model = _converted(torch, module, size)
    except Exception as error:  # transformers raises many types
        raise ModelReadError(f"cannot read {path}: {architecture} does not load ({first_line_of(error)})") from error
    _say(model, config, pictures)
    return model


def _converted(torch: Any, module: Any, size: list[int]) -> ov.Model:
    """The module of any batch, with its outputs by name."""

    class Tensors(torch.nn.Module):
        """Class scores, and boxes where there are any."""

        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, pixel_values: Any) -> Any:
            found = self.module(pixel_values=pixel_values)
            return tuple(found[name] for name in names(found))

    def names(found: Any) -> list[str]:
        return [name for name in _OUTPUTS if name in found]

    example = torch.zeros(2, *size)
    with torch.no_grad():
        given = names(module(pixel_values=example))
    model = ov.convert_model(Tensors().eval(), example_input=example, input=[-1, *size])
    for port, name in zip(model.outputs, given, strict=True):
        port.get_tensor().set_names({name})
    return model


def _architecture(path: Path, config: dict[str, Any]) -> str:
    """The class that the model is of, if it looks at pictures. Raises ModelReadError."""
    names = config.get("architectures") or []
    for name in names:
        if isinstance(name, str) and "For" in name and name[name.index("For") :] in _AUTO:
            return name
    if not names:
        raise ModelReadError(f"cannot read {path}: its {_CONFIG} names no architecture, as ViTForImageClassification")
    raise ModelReadError(
        f"cannot read {path}: {names[0]} is neither an image classifier nor an object detector "
        "(...ForImageClassification, ...ForObjectDetection)"
    )


def _json(path: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads((path / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelReadError(f"cannot read {path}: its {name} is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise ModelReadError(f"cannot read {path}: its {name} is JSON of another kind, no object")
    return found


def _channels(config: dict[str, Any]) -> int:
    found = config.get("num_channels")
    return found if isinstance(found, int) else 3


def _size(config: dict[str, Any], pictures: dict[str, Any]) -> tuple[int, int]:
    """Height and width of the pictures: as they are cut out, else scaled to, else as the network has them."""
    cropped = pictures.get("crop_size") if pictures.get("do_center_crop") else None
    for said in (cropped, pictures.get("size"), config.get("image_size")):
        if isinstance(said, int):
            return said, said
        if isinstance(said, list) and len(said) == 2:
            return int(said[0]), int(said[1])
        if isinstance(said, dict) and {"height", "width"} <= set(said):
            return int(said["height"]), int(said["width"])
        if isinstance(said, dict) and "shortest_edge" in said:
            return int(said["shortest_edge"]), int(said["shortest_edge"])
    return _USUAL, _USUAL


def _say(model: ov.Model, config: dict[str, Any], pictures: dict[str, Any]) -> None:
    """Labels, mean and scale of pixels of 0 to 255, in rt_info `model_info`."""
    names = config.get("id2label")
    if isinstance(names, dict) and all(str(number) in map(str, names) for number in range(len(names))):
        by_number = {int(number): str(name) for number, name in names.items()}
        labels = [by_number[number].replace(" ", "_") for number in range(len(names))]
        model.set_rt_info(" ".join(labels), ["model_info", "labels"])
    factor = float(pictures.get("rescale_factor", 1 / _LARGEST)) if pictures.get("do_rescale", True) else 1.0
    mean, deviation = pictures.get("image_mean"), pictures.get("image_std")
    if not (pictures.get("do_normalize") and isinstance(mean, list) and isinstance(deviation, list)):
        mean, deviation = [0.0], [1.0]
    if pictures:
        for key, values in (("mean_values", mean), ("scale_values", deviation)):
            model.set_rt_info(" ".join(f"{float(value) / factor:.9g}" for value in values), ["model_info", key])


HUGGING_FACE = Source("Hugging Face folder", _declines, _read)
