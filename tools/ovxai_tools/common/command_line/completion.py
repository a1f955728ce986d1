"""Completion in bash, of values with colons: `demo:cnn`, `house:HouseHead`.

Bash takes `demo:c` for three words (COMP_WORDBREAKS), of which it replaces the last one. Click's own completion is used
for all the rest, and in zsh and fish for everything.
"""

from __future__ import annotations

from typing import Any, ClassVar

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

_COLON = ":"


class ColonBashComplete(BashComplete):
    """Completion in bash that joins what was split at colons, and gives what stands behind the last one."""

    name: ClassVar[str] = "bash"

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        args, incomplete = super().get_completion_args()
        words = _joined([*args, incomplete])
        return words[:-1], words[-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """Click's completions, without what stands before a colon already."""
        done = len(incomplete.rpartition(_COLON)[0]) + len(_COLON) if _COLON in incomplete else 0
        found = super().get_completions(args, incomplete)
        return [CompletionItem(one.value[done:], one.type, one.help) if one.type == "plain" else one for one in found]


def complete_colons() -> None:
    """Have click complete values with colons in bash, in this process."""
    add_completion_class(ColonBashComplete)


def _joined(words: list[str]) -> list[str]:
    """Words, each colon with the words around it as one."""
    found: list[str] = []
    for place, word in enumerate(words):
        after_colon = place > 0 and words[place - 1] == _COLON
        if found and (word == _COLON or after_colon):
            found[-1] += word
        else:
            found.append(word)
    return found
