"""How sure a detector is of each class: the largest score anywhere in the picture."""

from __future__ import annotations

import numpy as np
import pytest
from ovxai_patterns.detector.class_heads import ClassHeads
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.detector_scores import DetectorScores

from ovxai_passes.insert import insert
from ovxai_passes.methods.spec import required
from ovxai_passes.model_info.read import read_model
from ovxai_passes.options import Options
from tests.fixtures import other_detector_graphs as graphs
from tests.patterns.detector.test_instances import prototypes
from tests.support.running import random_input, run


def test_of_class_heads() -> None:
    """The output of the demo detector holds boxes, then the scores of each cell."""
    model = read_model(demo.model_path("demo:detector"))
    found = insert(model, Options())
    image = random_input(model)
    output = run(model, image)[0]
    np.testing.assert_allclose(DetectorScores.of(model, found)([image]), output[4:].max(1), rtol=1e-5)


def test_of_class_heads_with_objectness() -> None:
    known = graphs.yolov5_seg()
    found = insert(known.model, Options())
    heads = required(found.target.grids).heads
    assert isinstance(heads, ClassHeads)
    scores = DetectorScores.of(known.model, found)([random_input(known.model)])
    assert scores.shape == (heads.classes,)
    assert ((scores > 0) & (scores < 1)).all()


@pytest.mark.parametrize("chosen", [None, (1,)])
def test_of_instances(chosen: tuple[int, ...] | None) -> None:
    model = prototypes()
    found = insert(model, Options(classes=chosen))
    image = random_input(model)
    scores = DetectorScores.of(model, found)([image])
    every = DetectorScores.of(model, insert(model, Options()))([image])
    rows = list(chosen or range(len(every)))
    np.testing.assert_array_equal(scores[rows], every[rows])
    assert not np.delete(scores, rows).any()
