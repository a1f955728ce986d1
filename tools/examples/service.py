"""What a service answers: the class, its probability, and a picture of where the evidence lies.

    ovxai transform demo:cnn shown.xml --top-k 1
    python tools/examples/service.py shown.xml photo.jpg overlay.png

It needs openvino, numpy and Pillow alone. `Service` takes the bytes of a picture, as they come by HTTP. For models
whose input is [N,3,H,W] in real numbers.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
from PIL import Image, ImageOps


class Service:
    """A model with maps of the best class (`--top-k 1`)."""

    def __init__(self, path: Path) -> None:
        model = ov.Core().read_model(path)
        # what `--mean`, `--scale`, `--bgr` and `--labels` wrote: a note, which the runtime does not apply
        self.mean = self._numbers(model, "mean_values", 0)
        self.scale = self._numbers(model, "scale_values", 1)
        self.bgr = self._said(model, "reverse_input_channels").lower() in ("true", "yes", "1")
        self.names = [name.replace("_", " ") for name in self._said(model, "labels").split()]
        self.height, self.width = (model.inputs[0].get_partial_shape()[axis].get_length() for axis in (2, 3))
        self.compiled = ov.compile_model(model, "CPU")

    def __call__(self, data: bytes) -> tuple[str, float, bytes]:
        """The best class, its probability, and a PNG of the size of the picture."""
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        pixels = np.asarray(picture.resize((self.width, self.height)), np.float32)
        pixels = pixels[..., ::-1] if self.bgr else pixels
        results = self.compiled(((pixels - self.mean) / self.scale).transpose(2, 0, 1)[None])
        best = int(results["saliency_classes"][0, 0])
        levels = Image.fromarray(results["saliency_map"][0, 0]).resize(picture.size, Image.Resampling.BICUBIC)
        colours = ImageOps.colorize(levels, "#440154", "#fde725", "#21918c")
        overlay = io.BytesIO()
        Image.blend(picture, colours, 0.5).save(overlay, "PNG")
        return self.names[best] if self.names else str(best), self._share(results[0][0], best), overlay.getvalue()

    @staticmethod
    def _share(scores: npt.NDArray[Any], best: int) -> float:
        if abs(scores.sum() - 1) < 1e-2 and scores.min() >= 0:  # probabilities already
            return float(scores[best])
        powers = np.exp(scores - scores.max())  # logits
        return float(powers[best] / powers.sum())

    @staticmethod
    def _said(model: ov.Model, key: str) -> str:
        place = ["model_info", key]
        return str(model.get_rt_info(place).value) if model.has_rt_info(place) else ""

    @classmethod
    def _numbers(cls, model: ov.Model, key: str, default: float) -> npt.NDArray[np.float32]:
        said = cls._said(model, key).split()
        return np.array([float(one) for one in said] or [default], np.float32)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("python tools/examples/service.py MODEL.xml PICTURE OVERLAY.png")
    name, share, drawn = Service(Path(sys.argv[1]))(Path(sys.argv[2]).read_bytes())
    Path(sys.argv[3]).write_bytes(drawn)
    print(f"{name}, {share:.0%}")
