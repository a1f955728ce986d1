"""What a preview says of each kind of map: titles, captions, badges, boxes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.previews import preview
from ovxai_tools.pictures.previews.panels import Levels, Strip
from ovxai_tools.pictures.previews.preview import write_preview
from ovxai_tools.pictures.previews.shown_class import MOST_ROWS, PreviewSubject

from ovxai_passes.insert import insert
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.model_info.read import read_model
from ovxai_passes.options import Options
from tests.support.extras import needs_pictures

needs_pictures()


def strips(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[Strip]:
    """The rows of a preview of a demo model."""
    found: list[Strip] = []
    drawn = Strip.drawn

    def draw(strip: Strip) -> Levels:
        found.append(strip)
        return drawn(strip)

    monkeypatch.setattr(Strip, "drawn", draw)
    model = read_model(demo.model_path(f"demo:{name}"))
    inserted = insert(model, Options.checked(**options))
    said = write_preview(inserted.model, PreviewSubject(model, inserted), None, Preparation(), folder / "preview.png")
    assert said.startswith(found[0].caption)
    return found


def said(strip: Strip) -> list[str]:
    return [strip.panels[1].title, strip.caption, strip.note, strip.panels[1].badge, strip.bars[0].legend.low]


def test_a_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (strip,) = strips("cnn", tmp_path, monkeypatch, scaling="positive")
    assert said(strip) == ['Map of "disc"', "disc, 97 %", "softmax of its output", "", "no evidence"]
    assert strip.colours == "viridis"


def test_a_class_that_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (strip,) = strips("cnn", tmp_path, monkeypatch, classes=("heart",), scaling="none")
    note = "not seen by the model; softmax of its output"
    assert said(strip)[:4] == ['Map of "heart"', "heart, 0.3 %", note, "0.3 %"]
    assert said(strip)[4].startswith("score -")


def test_each_class_that_is_asked_for_has_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = strips("cnn", tmp_path, monkeypatch, classes=("star", "disc"))
    assert [row.panels[1].title for row in rows] == ['Map of "star"', 'Map of "disc"']
    assert [row.caption.split(",")[0] for row in rows] == ["star", "disc"]
    assert len(strips("cnn", tmp_path, monkeypatch, classes=(0, 1, 2, 3, 4, 5))) == MOST_ROWS


def test_boxes_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "boxes_found", lambda *_: None)
    (strip,) = strips("detector", tmp_path, monkeypatch)
    assert strip.note == preview.NO_BOXES


def test_several_methods_and_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = strips("vit", tmp_path, monkeypatch, method=["eigencam", "vitreciprocam"], top_k=1, colormap="turbo")
    assert [row.panels[1].title for row in rows] == ["eigencam: map of all classes", 'vitreciprocam: map of "disc"']
    assert [row.caption for row in rows] == ["all classes; best disc, 95 %", "disc, 95 %"]
    assert {row.colours for row in rows} == {"turbo"}


def test_a_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = strips("detector", tmp_path, monkeypatch, method=["activationmap", "detclassprobabilitymap"])
    assert said(first)[:2] == ["activationmap: map of all classes", "all classes"]
    assert said(second)[:4] == ['detclassprobabilitymap: map of "disc"', "disc, 99.1 %", "", ""]
    for strip, colour in ((first, (255, 255, 255)), (second, (255, 214, 0))):
        picture = strip.panels[0].picture
        assert ((picture == colour).all(2).sum(0) > 40).any(), (
            "a box; it is of the class that the map is of, or of another"
        )
