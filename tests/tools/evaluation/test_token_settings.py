"""Settings compared over networks with class tokens."""

from __future__ import annotations

import json

from ovxai_tools.evaluation import token_settings
from ovxai_tools.evaluation.token_settings import Figures, chosen, default_settings, table, worst_of

from tests.support.cli import invoke


def _of(setting: str, points: tuple[float, float], inside: tuple[float, float], cost: float = 0.1) -> list[Figures]:
    """Of two networks, the same on both halves."""
    both = zip(("first", "second"), points, inside, strict=True)
    return [Figures(setting, name, cost, (share, share), (part, part)) for name, share, part in both]


def test_the_worst_network_decides_and_what_costs_more_than_the_network_is_left_out() -> None:
    steady = _of("steady", (0.90, 0.91), (0.5, 0.6))
    inside = _of("inside", (0.92, 0.895), (0.7, 0.6))
    uneven = _of("uneven", (0.99, 0.80), (0.9, 0.9))
    costly = _of("costly", (0.99, 0.99), (0.9, 0.9), cost=8)
    figures = [*steady, *inside, *uneven, *costly]
    assert worst_of(figures, "uneven", 0) == (0.80, 0.9)
    assert chosen(figures) == "inside", "it points as well as steady, to 0.01, and more of it is in the box"
    assert chosen([*uneven, *steady]) == "steady"
    assert chosen(costly) == "costly"
    rows = table(figures, 1).splitlines()
    assert rows[0] == "| Setting | worst | first | second | cost |"
    assert rows[2] == "| costly | 0.990 0.900 | 0.990 0.900 | 0.990 0.900 | 8.00 |"
    assert [row.split()[1] for row in rows[2:]] == ["costly", "steady", "inside", "uneven"]


def test_all_that_may_be_the_default_is_compared() -> None:
    names = {setting.name for setting in default_settings()}
    assert len(names) == 2 * 2 * 2 * 4
    assert "mask=onehot k=2 scaling=positive contrast=finer" in names


def test_on_the_command_line() -> None:
    given = ("demo:vit", "--pictures", 8, "--setting", "mask=onehot scaling=positive", "--setting", "mask=gaussian")
    onehot, bells = json.loads(invoke(token_settings.main, *given, "--json").stdout)
    assert (onehot["setting"], onehot["model"]) == ("mask=onehot scaling=positive", "vit")
    assert min(onehot["pointing"]) >= 0.75
    assert min(onehot["energy"]) > max(bells["energy"])
    assert 0 < bells["cost"] < 1
    assert "chosen: mask=onehot scaling=positive" in invoke(token_settings.main, *given).output
