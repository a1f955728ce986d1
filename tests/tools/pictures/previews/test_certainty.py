"""How sure a model is, in words."""

from __future__ import annotations

import numpy as np
import pytest
from ovxai_tools.pictures.previews.certainty import Certainty


@pytest.mark.parametrize(
    ("scores", "activation", "text", "note"),
    [
        ([0.98, 0.02], "Softmax", "98 %", ""),
        ([0.98, 0.9], "Sigmoid", "98 %", ""),
        ([0.98, 0.02], None, "98 %", ""),  # written out as other operations
        ([0.98, 0.9], None, "score 0.98", "no probability"),
        ([-0.1, -2.35], "LogSoftmax", "90 %", "logarithm"),
        ([5.03, 1.0], None, "98 %", "softmax"),
        ([980, 20], "Softmax", "score 980", "no probability"),  # rounded to whole numbers
        ([5.03], None, "score 5.03", "no probability"),
    ],
)
def test_what_scores_are(scores: list[float], activation: str | None, text: str, note: str) -> None:
    certainty = Certainty.of(np.array(scores, np.float64), activation)
    assert certainty.text(0) == text
    assert note in certainty.note
    assert bool(note) == bool(certainty.note)


def test_logits_of_classes_that_do_not_exclude_each_other() -> None:
    certainty = Certainty.of(np.array([3.0, 3.0]), None, independent=True)
    assert certainty.text(0) == certainty.text(1) == "95 %"
    assert "sigmoid" in certainty.note


def test_which_classes_are_seen() -> None:
    values = np.array([0.06, 0.05, 0.01])
    assert [Certainty(values, exclusive=True).is_seen(place) for place in range(3)] == [True, False, False]
    assert not Certainty(values).is_seen(0), "a detector may see nothing"
    assert Certainty(values, are_probabilities=False).is_seen(2), "a score says nothing of that"
