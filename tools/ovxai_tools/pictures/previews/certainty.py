"""How sure a model is of its classes, in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovxai_tools.pictures.sureness import UNSEEN, percent

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Certainty:
    """`values` [K]: a probability for each class if `are_probabilities`, else scores as the output has them.

    `exclusive`: whether one of the classes is in each picture. `note`: how probabilities came of what the output has,
    or that there are none.
    """

    values: Floats
    are_probabilities: bool = True
    exclusive: bool = False
    note: str = ""

    @classmethod
    def of(cls, scores: Floats, activation: str | None, independent: bool = False) -> Certainty:
        """Of the class scores [K] of a classifier. `activation`: the operation that ends them, if any.

        `independent`: whether several classes can be in one picture, which decides on what logits become.
        """
        within = bool(scores.min() >= 0 and scores.max() <= 1)
        if activation == "LogSoftmax" and scores.max() <= 0:
            return cls(np.exp(scores), exclusive=True, note="its output is the logarithm of this")
        if within and (activation is not None or abs(scores.sum() - 1) < 1e-2):
            return cls(scores, exclusive=not independent and activation != "Sigmoid")
        if activation is not None or within or scores.size == 1:
            return cls(scores, False, note="a score of the output, no probability")
        if independent:
            return cls(1 / (1 + np.exp(-np.clip(scores, -80, None))), note="sigmoid of its output")
        shares = np.exp(scores - scores.max())
        return cls(shares / shares.sum(), exclusive=True, note="softmax of its output")

    def text(self, place: int) -> str:
        """As "99.6 %", or "score 5.03"."""
        value = float(self.values[place])
        return percent(value) if self.are_probabilities else f"score {value:.3g}"

    def is_seen(self, place: int) -> bool:
        """Whether the model sees a class, as far as can be told: a probable one, or the best of classes that exclude
        each other.
        """
        if not self.are_probabilities or self.values[place] >= UNSEEN:
            return True
        return self.exclusive and place == int(np.argmax(self.values))
