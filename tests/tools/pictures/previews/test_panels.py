"""Panels side by side, with words around them."""

from __future__ import annotations

import numpy as np
from ovxai_tools.pictures.previews.legend import Legend, legend_of
from ovxai_tools.pictures.previews.panels import Bar, Panel, Strip, map_panel, overlay_panel, tile

from ovxai_passes.pictures.colormaps import colormap_of
from ovxai_passes.vocabulary import Scaling
from tests.support.extras import needs_pictures

needs_pictures()

LEVELS = np.zeros((4, 4), np.uint8)
LEVELS[0, 3] = 255
BLACK = np.zeros((50, 50, 3), np.uint8)
WORDS = Legend("no evidence", "most evidence", "half")


def strip(badge: str = "", colours: str = "jet") -> Strip:
    panels = (
        Panel("Picture", BLACK),
        map_panel('Map of "star"', BLACK, LEVELS, colours, badge),
        overlay_panel("Overlay", BLACK, LEVELS, colours, badge),
    )
    return Strip(panels, "star, 97 %", "softmax of its output", (Bar(WORDS, 1, 2),), colours)


def test_a_map_is_where_it_is_and_as_smooth_as_its_overlay() -> None:
    sheet = strip().drawn()
    maps, overlays = sheet[26:282, 276:532].astype(int), sheet[26:282, 542:798].astype(int)
    assert maps[10, 250, 0] > 100 > maps[10, 250, 2]
    assert maps[250, 10, 2] > 100 > maps[250, 10, 0]
    assert np.abs(maps - 2 * overlays).max() <= 2, "over black an overlay is half of its map"
    assert len(np.unique(maps.reshape(-1, 3), axis=0)) > 100, "no blocks"


def test_words_and_colours_are_around_the_panels() -> None:
    sheet = strip(colours="viridis").drawn()
    for rows, columns in (
        (slice(0, 26), slice(0, 266)),
        (slice(0, 26), slice(276, 532)),
        (slice(0, 26), slice(542, 798)),
    ):
        assert (sheet[rows, columns] < 128).any(), "a title"
    assert (sheet[283:308, 10:266] < 128).any(), "the caption"
    table = colormap_of("viridis").table()
    bar = sheet[294, 276:798]
    np.testing.assert_array_equal(bar[[0, -1]], table[[0, -1]])
    for columns in (slice(276, 340), slice(520, 560), slice(720, 798)):
        assert (sheet[300:318, columns] < 128).any(), "words below the bar"
    assert (sheet[26:282, :10] == 255).all()


def test_a_badge_is_on_maps_alone() -> None:
    plain, marked = strip().drawn(), strip("1 %").drawn()
    changed = np.argwhere((plain != marked).any(2))
    assert changed[:, 1].min() >= 276
    assert changed[:, 0].max() < 80


def test_narrow_pictures_have_room_for_words() -> None:
    narrow = np.zeros((400, 20, 3), np.uint8)
    sheet = Strip((Panel("Picture", narrow), Panel("Overlay", narrow)), "star", bars=(Bar(WORDS, 1),)).drawn()
    assert sheet.shape[1] == 2 * 170 + 10
    assert tile(narrow).shape == (256, 13, 3)


def test_legends_say_what_zero_is() -> None:
    said = {scaling: legend_of(scaling.value, (-0.5, 4.25)) for scaling in Scaling}
    assert said[Scaling.POSITIVE].low == "no evidence"
    assert said[Scaling.SIGNED].middle == "neither"
    assert said[Scaling.NONE] == Legend("score -0.5", "score 4.25")
    assert len(set(said.values())) == len(Scaling)
