from __future__ import annotations

import pytest
from ovxai_tools.pictures.sureness import percent, sureness


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1, "100 %"),
        (0.9999, "100 %"),
        (0.996, "99.6 %"),
        (0.9894, "99 %"),
        (0.77, "77 %"),
        (0.0132, "1.3 %"),
        (0.01, "1 %"),
        (0.0004, "under 0.1 %"),
        (0, "0 %"),
    ],
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(("score", "said"), [(0.7449, "74 %"), (5.03, "score 5.03"), (-1, "score -1")])
def test_scores_in_words(score: float, said: str) -> None:
    assert sureness(score) == said
