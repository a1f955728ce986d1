"""index.html of ovxai-explain: the head, a form to search and sort, a card for each picture, and a viewer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ovxai_tools.pictures.page.card import card
from ovxai_tools.pictures.page.document import document, left_out, resource
from ovxai_tools.pictures.page.facts import PageFacts, head
from ovxai_tools.pictures.page.shown import ShownPicture

_STYLES = ("head.css", "controls.css", "cards.css", "viewer.css")
_SCRIPTS = ("filter.js", "arrows.js", "viewer.js")


def explain_page(
    facts: PageFacts, pictures: int, shown: Iterable[tuple[str, ShownPicture]], skipped: Sequence[str]
) -> Iterator[str]:
    """The parts of the page, to be written one after the other. `pictures`: how many, each with its name in `shown`.

    `skipped`: a sentence for each unreadable picture.
    """
    styles, scripts = [resource(name) for name in _STYLES], [resource(name) for name in _SCRIPTS]
    return document(facts.title(pictures), _body(facts, pictures, shown, skipped), styles, scripts)


def _body(
    facts: PageFacts, pictures: int, shown: Iterable[tuple[str, ShownPicture]], skipped: Sequence[str]
) -> Iterator[str]:
    yield '<a class="skip" href="#pictures">To the pictures</a>\n'
    yield head(facts, pictures)
    yield resource("controls.html")
    yield f'<main id="pictures" data-weight="{facts.weight:g}">\n'
    yield from (card(name, one, facts.ways) for name, one in shown)
    yield "</main>\n"
    yield left_out(skipped)
    yield resource("viewer.html")
