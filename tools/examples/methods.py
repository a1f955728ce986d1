"""Methods side by side on photographs: where each finds the evidence of the best class.

    pip install -e '.[examples]'
    python tools/examples/methods.py FOLDER

writes methods.jpg into FOLDER. Sources and licences are in README.md beside this file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import openvino as ov
import skimage
from ovxai_tools.pictures.model_input import as_inputs
from ovxai_tools.pictures.previews.legend import Legend
from ovxai_tools.pictures.previews.panels import Bar, Panel, Strip, overlay_panel, rows
from ovxai_tools.pictures.sureness import percent
from photograph import NAMES, network

from ovxai_passes.insert import insert
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.options import Options
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import encoded

PHOTOGRAPHS = ("coffee.png", "chelsea.png", "camera.png")
METHODS = {
    "ReciproCAM, 7x7": Options.checked(method="reciprocam", top_k=1),
    "LayerCAM, 14x14": Options.checked(method="layercam", top_k=1),
    "best: layercam-share": Options.checked(method="best", top_k=1),
}


def main(folder: Path) -> None:
    """Write the picture into a folder."""
    plain = network()
    models = {name: insert(plain, options).model for name, options in METHODS.items()}
    compiled = {name: ov.compile_model(model, "CPU") for name, model in models.items()}
    preparation = Preparation(mean=(127.0,), scale=(128.0,))
    strips = []
    for file in PHOTOGRAPHS:
        picture = read_picture(Path(skimage.__file__).parent / "data" / file)
        fed = as_inputs(picture, plain, preparation)
        panels = [Panel("Photograph", picture)]
        for name, model in compiled.items():
            results = model(fed)
            panels.append(overlay_panel(name, picture, results["saliency_map"][0, 0]))
        powers = np.exp(results[0][0] - results[0][0].max())
        best = int(powers.argmax())
        caption = f"{NAMES.get(best, f'class {best}')}, {percent(powers[best] / powers.sum())}"
        bar = Bar(Legend("no evidence", "most evidence of the map"), 1, len(METHODS))
        strips.append(Strip(tuple(panels), caption, "softmax of its output", (bar,)).drawn())
    widest = max(one.shape[1] for one in strips)
    sheets = [np.pad(one, ((0, 0), (0, widest - one.shape[1]), (0, 0)), constant_values=255) for one in strips]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "methods.jpg").write_bytes(encoded(rows(sheets), ".jpg", 85))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python tools/examples/methods.py FOLDER")
    main(Path(sys.argv[1]))
