"""The same numbers as quantus 0.6 gives of the same arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ovxai_tools.evaluation.metrics.localisation import energy, pointing
from ovxai_tools.evaluation.metrics.randomisation import entropy
from ovxai_tools.evaluation.metrics.road import imputed
from ovxai_tools.evaluation.metrics.sparseness import sparseness

from tests.support.extras import needs_pictures

needs_pictures()


@pytest.fixture(scope="module")
def quantus() -> Any:
    return pytest.importorskip("quantus", reason="an oracle that is not always there: pip install --no-deps quantus")


@pytest.fixture(scope="module")
def maps() -> Any:
    rng = np.random.default_rng(11)
    return rng.random((5, 1, 24, 24)).astype(np.float32) ** 3


@pytest.fixture(scope="module")
def masks() -> Any:
    inside = np.zeros((5, 1, 24, 24), np.bool_)
    for place, (top, left) in enumerate([(0, 0), (3, 9), (10, 2), (12, 12), (5, 5)]):
        inside[place, 0, top : top + 11, left : left + 12] = True
    return inside


def _called(metric: Any, maps: Any, masks: Any = None) -> list[float]:
    """The scores of a metric that asks no model."""
    pictures = np.zeros((len(maps), 3, 24, 24), np.float32)
    found = metric(model=None, x_batch=pictures, y_batch=np.zeros(len(maps), int), a_batch=maps, s_batch=masks)
    return [float(one) for one in found]


def _plain(quantus: Any, name: str) -> Any:
    return getattr(quantus, name)(abs=False, normalise=False, disable_warnings=True)


def test_sparseness(quantus: Any, maps: Any) -> None:
    assert [sparseness(one[0]) for one in maps] == pytest.approx(_called(_plain(quantus, "Sparseness"), maps), abs=1e-5)


def test_energy(quantus: Any, maps: Any, masks: Any) -> None:
    theirs = _called(_plain(quantus, "AttributionLocalisation"), maps, masks)
    ours = [energy(one[0], inside[0]) for one, inside in zip(maps, masks, strict=True)]
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_pointing(quantus: Any, maps: Any, masks: Any) -> None:
    theirs = _called(_plain(quantus, "PointingGame"), maps, masks)
    assert [pointing(one[0], inside[0]) for one, inside in zip(maps, masks, strict=True)] == theirs
    assert 0 < sum(theirs) < len(theirs)


def test_entropy(quantus: Any, maps: Any) -> None:
    from quantus.functions.complexity_func import discrete_entropy  # noqa: PLC0415

    for one in maps:
        assert entropy(one[0]) == pytest.approx(float(discrete_entropy(one, one, n_bins=100)), abs=1e-6)


def test_pixels_filled_in(quantus: Any) -> None:
    from quantus.functions.perturb_func import noisy_linear_imputation  # noqa: PLC0415

    rng = np.random.default_rng(5)
    picture = rng.integers(0, 256, (24, 30, 3), dtype=np.uint8)
    removed = rng.random((24, 30)) < 0.6
    channels_first = picture.transpose(2, 0, 1).astype(np.float64)
    theirs = noisy_linear_imputation(channels_first, np.flatnonzero(removed), noise=0.0)
    assert imputed(picture, removed) == pytest.approx(theirs.transpose(1, 2, 0), abs=0.5)
