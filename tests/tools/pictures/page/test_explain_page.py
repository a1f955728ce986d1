"""What the page of ovxai-explain holds, read as text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ovxai_tools.pictures.page.card import card
from ovxai_tools.pictures.page.document import resource
from ovxai_tools.pictures.page.facts import head
from ovxai_tools.pictures.page.shown import ShownClass, ShownPicture

from tests.support.extras import needs_pictures
from tests.tools.pictures.page.pages import facts, written

needs_pictures()

VOID = ("meta", "img", "link", "input")


class Balanced(HTMLParser):
    """Every tag that is opened is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("embedded", [False, True])
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(tmp_path: Path, embedded: bool) -> None:
    text = written(tmp_path / "page", 3, ("a", "b"), embedded).read_text(encoding="utf-8")
    parser = Balanced()
    parser.feed(text)
    assert not parser.open
    assert "http" not in text
    assert "<class>" not in text
    addresses = re.findall(r'(?:src|href|data-heat|data-large)="([^"]*)', text)
    beside = {one for one in addresses if not one.startswith(("data:", "#"))}
    assert all((tmp_path / "page" / one).is_file() for one in beside)
    assert bool(beside) is not embedded
    assert len(list((tmp_path / "page").iterdir())) == (1 if embedded else 2)


def test_a_thousand_pictures_are_a_page_of_few_bytes(tmp_path: Path) -> None:
    page = written(tmp_path / "page", 1000)
    assert page.stat().st_size < 2_000_000
    assert page.read_text(encoding="utf-8").count('loading="lazy"') == 3000


def picture(*ways: tuple[ShownClass, ...]) -> ShownPicture:
    return ShownPicture("index_files/a b#.jpg", "index_files/a b#.jpg", (20, 30), ways)


def test_a_card_tells_what_differs_and_what_is_hardly_seen() -> None:
    named = (("cat", 0.9), ("dog", 0.02), ("all classes", None))
    cat, dog, every = (ShownClass(label, score, "o", "h") for label, score in named)
    same, other = card("a", picture((cat,), (cat,), (every,)), "xyz"), card("a", picture((cat,), (dog,)), "xy")
    assert "data-differs" not in same
    assert "data-differs" in other
    assert (same.count("hardly seen"), other.count("hardly seen")) == (0, 1)
    assert 'src="index_files/a%20b%23.jpg"' in same
    assert "Nothing was found in it" in card("a", picture(()), "x")
    assert "class 17" in card("a", picture((ShownClass("17", 0.5, "o", "h"),)), "x")


def test_what_is_dark_and_what_is_unsaid_is_told() -> None:
    faint = ShownClass("bird", 0.3, "o", "h", is_faint=True)
    assert "faint on this scale" in card("a", picture((faint,)), "x")
    of_two = replace(facts(("a",)), models=("a.xml", "b.xml"), unsaid=("b.xml",))
    assert '<span class="model">a.xml</span><span class="model">b.xml<span class="unsaid">pixels' in head(of_two, 1)
    assert "unsaid" not in head(facts(("a",)), 1)


def test_titles_are_no_paths() -> None:
    assert facts(("a",)).title(1) == "What model.xml says of 1 picture, and why"


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_letters_and_borders_have_the_contrast_of_wcag_aa(dark: bool) -> None:
    blocks = resource("base.css").split("@media (prefers-color-scheme: dark)")
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", blocks[dark]))
    letters = [(one, ground) for one in ("text", "quiet", "accent") for ground in ("back", "panel")]
    for one, ground in [*letters, ("badge-text", "badge-back")]:
        assert _contrast(colours[one], colours[ground]) >= 4.5, (one, ground)
    for one, ground in [("edge", "back"), ("edge", "panel"), ("accent", "track")]:
        assert _contrast(colours[one], colours[ground]) >= 3, (one, ground)
