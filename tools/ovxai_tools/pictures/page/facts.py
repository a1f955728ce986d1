"""The head of the page: what was run, and what the colours mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_passes.vocabulary import Scaling
from ovxai_tools.pictures.model_input import UNSAID
from ovxai_tools.pictures.page.document import escaped

_STEPS = 17
FAINT_MEANS = "Dark means less than the strongest class, not nothing."
_ONE_SCALE = "All maps of a picture have one scale: a class that is not in the picture stays at the low end."
_OWN_SCALE = "Each map has its own scale: colours of two maps cannot be compared."


@dataclass(frozen=True)
class PageFacts:
    """What the page is of. `ways`: names of models with methods, of which there are several, or one.

    `classes`: which ones are shown; `options`: the further ones of the command; `table`: the colours of levels, u8
    [256,3]; `weight`: of maps in overlays; `scales`: of maps; `date`: of the run. `unsaid`: the models of which nothing
    says how they take pictures.
    """

    models: tuple[str, ...]
    methods: tuple[str, ...]
    ways: tuple[str, ...]
    classes: str
    options: str
    table: npt.NDArray[np.uint8]
    weight: float
    scales: tuple[Scaling, ...]
    date: str
    unsaid: tuple[str, ...] = ()

    def title(self, pictures: int) -> str:
        """The title of the page; `pictures`: how many there are."""
        says, plural = ("says", "say")[len(self.models) > 1], "" if pictures == 1 else "s"
        return f"What {listed(self.models)} {says} of {pictures} picture{plural}, and why"


def head(facts: PageFacts, pictures: int) -> str:
    """The head of the page as HTML."""
    said = {
        ("Model", "Models")[len(facts.models) > 1]: _models(facts),
        ("Method", "Methods")[len(facts.methods) > 1]: escaped(listed(facts.methods)),
        "Classes": escaped(facts.classes),
        "Options": escaped(facts.options),
        "Date": escaped(facts.date),
    }
    rows = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in said.items() if text)
    title = escaped(facts.title(pictures))
    return f'<header class="head"><h1>{title}</h1>\n<dl class="facts">{rows}</dl>\n{_legend(facts)}</header>\n'


def _models(facts: PageFacts) -> str:
    """The models as HTML: a line each where something is to be said below one."""
    if not facts.unsaid:
        return escaped(listed(facts.models))
    return "".join(
        f'<span class="model">{escaped(one)}'
        + (f'<span class="unsaid">{UNSAID}</span>' if one in facts.unsaid else "")
        + "</span>"
        for one in facts.models
    )


def _legend(facts: PageFacts) -> str:
    low, high = _ends(facts.scales)
    scale = _ONE_SCALE if all(one.has_one_scale for one in facts.scales) else _OWN_SCALE
    if Scaling.POSITIVE in facts.scales:
        scale += f" {FAINT_MEANS}"
    places = np.linspace(0, 255, _STEPS).round().astype(int)
    colours = ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in facts.table[places].tolist())
    return (
        f'<figure class="legend"><div class="ends"><span>{low}</span><span>{high}</span></div>'
        f'<div class="colours" role="img" aria-label="Colours from low to high" '
        f'style="background: linear-gradient(to right, {colours})"></div>'
        f"<figcaption>{scale} Per cent is how sure the model is of the class.</figcaption></figure>\n"
    )


def _ends(scales: Sequence[Scaling]) -> tuple[str, str]:
    """What the low and the high end of the colours are."""
    if all(one is Scaling.SIGNED for one in scales):
        return "low: against the class", "high: for the class"
    if all(one is Scaling.POSITIVE for one in scales):
        return "low: says nothing for the class", "high: strongest evidence for it"
    return "low: least evidence for the class", "high: most evidence for it"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
