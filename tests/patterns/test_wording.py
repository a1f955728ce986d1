"""Sentences that name options keep them as data."""

from __future__ import annotations

import copy

from ovxai_patterns.wording import Named, Wording, counted, joined, worded


def _flags(text: str) -> str:
    assert isinstance(text, Wording)
    return text.said_with(lambda named: f"--{named.option}")


def test_python_says_the_argument_and_others_what_they_like() -> None:
    said = worded("{top_k} and {k=0} go with {mask=onehot}, not {value!r}", value="{top_k}")
    assert said == "top_k and k=0 go with mask='onehot', not '{top_k}'"
    assert _flags(said) == "--top_k and --k go with --mask, not '{top_k}'"


def test_sentences_in_sentences_keep_their_options() -> None:
    inner = worded("give {shape}", shape=Named("shape", "1,3", called="model.reshape"))
    lines = joined("\n", ["refused", worded("why: {reason}", reason=inner)])
    assert lines == "refused\nwhy: give model.reshape"
    assert _flags(copy.deepcopy(lines)) == "refused\nwhy: give --shape"


def test_plurals() -> None:
    assert [counted(number, "level") for number in (0, 1, 2)] == ["0 levels", "1 level", "2 levels"]
