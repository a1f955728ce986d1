"""One picture of what an augmented model says: the original, the map of the best class, and both together.

Of several methods, or classes that are asked for, each has a row. Of a detector the best class is the one that it is
surest of, and its boxes are drawn on the original.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.recorded import holds_scaled_map
from ovxai_passes.pictures.decoding import read_picture
from ovxai_passes.pictures.encoding import write_picture
from ovxai_passes.pictures.levels import as_levels, scaling
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.fitting import Fit
from ovxai_tools.pictures.map_drawing import COLOURS
from ovxai_tools.pictures.model_input import as_inputs, fit_of
from ovxai_tools.pictures.previews.found_boxes import FoundBox, boxes_found, draw_boxes
from ovxai_tools.pictures.previews.legend import legend_of
from ovxai_tools.pictures.previews.panels import Bar, Panel, Strip, map_panel, overlay_panel, rows, tile
from ovxai_tools.pictures.previews.shown_class import Outputs, PreviewSubject, ShownClass

Levels = npt.NDArray[np.uint8]

NO_BOXES = "boxes not drawn: its outputs are in no known layout"


def write_preview(
    model: ov.Model, subject: PreviewSubject, image: Path | None, preparation: Preparation, target: Path
) -> str:
    """Run an augmented model on a picture (None: a demo picture) and write the picture `target`.

    Returns its caption: of several classes with `; ` between them, of several methods that of the first. The best class
    is the best of those that have maps, by the scores that the model's output shows, or ranks. Raises OptionError.
    """
    maps = subject.insertion.of_each_map()
    finds_objects = maps[0].target.site is None
    picture = read_picture(image or (demo.scenes() if finds_objects else demo.pictures())[0].path)
    inputs, fit = as_inputs(picture, model, preparation), fit_of(picture, model, preparation)
    results = ov.compile_model(model, "CPU")(inputs)
    names = frozenset(name for port in model.outputs for name in port.get_names())
    boxes = boxes_found(model, results, fit) if finds_objects else ()
    drawing = _Drawing(picture, fit, boxes, len(maps) > 1)
    strips = []
    for one in maps:
        saliency = np.asarray(results[one.report.output])[0]
        of_method = []
        for shown in ShownClass.each_of(subject, one, Outputs(inputs, results, names), saliency.ndim == 3):
            alone = saliency if shown.row is None else saliency[shown.row]
            of_method.append(drawing.strip(one, shown, alone, _levels(model, alone)))
        strips.append(of_method)
    write_picture(rows([strip.drawn() for of_method in strips for strip in of_method]), target)
    return "; ".join([*(strip.caption for strip in strips[0]), *([NO_BOXES] if boxes is None else [])])


@dataclass(frozen=True)
class _Drawing:
    """What all rows of a preview have in common. `is_one_of_several`: rows name their methods.

    `boxes`: those found, None where they cannot be read.
    """

    picture: Levels
    fit: Fit
    boxes: tuple[FoundBox, ...] | None
    is_one_of_several: bool

    def strip(self, made: Insertion, shown: ShownClass, saliency: npt.NDArray[np.generic], levels: Levels) -> Strip:
        """The row of one map [h,w], and its `levels`."""
        asked, laid = made.state.options.colormap, self.fit.onto_picture(levels)
        colours = COLOURS if asked is None else asked.value
        of_method = f"{made.report.method}: map" if self.is_one_of_several else "Map"
        original = tile(self.picture).copy()
        draw_boxes(original, self.boxes or (), shown.names, shown.number)
        note = "; ".join(filter(None, (shown.note, NO_BOXES if self.boxes is None else "")))
        panels = (
            Panel("Picture", original),
            map_panel(f"{of_method} of {shown.of_what}", self.picture, laid, colours, shown.badge),
            overlay_panel("Overlay", self.picture, laid, colours, shown.badge),
        )
        legend = legend_of(made.report.scaling, (float(saliency.min()), float(saliency.max())))
        return Strip(panels, shown.caption, note, (Bar(legend, 1, 2),), colours)


def _levels(model: ov.Model, saliency: npt.NDArray[np.generic]) -> Levels:
    """A map [h,w] as levels, of raw scores scaled by their own range."""
    if saliency.dtype == np.uint8:
        return saliency.astype(np.uint8)
    return as_levels(saliency) if holds_scaled_map(model) else scaling(saliency)
