"""The optional runtime helper: explanations of pictures, in colours, by any method; never imported by the passes.

`boxes`, `lettering` (on overlays), `targets` (what to explain), `checked` (what a caller gives); `showing` (figures and
notebooks), `explanation` (maps of one picture), `visualizer` (from maps to pictures); `utils` (functions before and
after a model); `black_box` (a sub-package: methods that only run the model), `white_box`; `found_outputs` (scores and
boxes without a function that reads them), `call_options` (told apart); `explainer`.
"""

from ovxai_passes.explainer.black_box.aise import AISEClassification
from ovxai_passes.explainer.black_box.detectors import DRISE, AISEDetection
from ovxai_passes.explainer.black_box.rise import RISE
from ovxai_passes.explainer.black_box.running import Preset
from ovxai_passes.explainer.explainer import Explainer, ExplainMode
from ovxai_passes.explainer.explanation import Explanation, Layout
from ovxai_passes.explainer.lettering import Prediction
from ovxai_passes.explainer.utils import (
    ActivationType,
    get_detection_postprocess_fn,
    get_postprocess_fn,
    get_preprocess_fn,
)
from ovxai_passes.explainer.visualizer import Visualizer
from ovxai_passes.pictures.blending import overlay
from ovxai_passes.pictures.colormaps import colormap
from ovxai_passes.pictures.levels import scale, scaling
from ovxai_passes.pictures.resizing import resize

__all__ = [
    "DRISE",
    "RISE",
    "AISEClassification",
    "AISEDetection",
    "ActivationType",
    "ExplainMode",
    "Explainer",
    "Explanation",
    "Layout",
    "Prediction",
    "Preset",
    "Visualizer",
    "colormap",
    "get_detection_postprocess_fn",
    "get_postprocess_fn",
    "get_preprocess_fn",
    "overlay",
    "resize",
    "scale",
    "scaling",
]
