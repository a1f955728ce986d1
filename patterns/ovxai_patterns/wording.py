"""Sentences that name options, which Python calls by an argument and a command line by a flag.

    worded("{top_k} and {classes} do not go together")      top_k and classes do not go together
    worded("{reason}: choose {classes}", reason=text)       the reason, with the options that it names itself

A sentence is text like any other, as Python says it, and keeps what it names as data: nobody looks for options in it.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from string import Formatter


@dataclass(frozen=True)
class Named:
    """An option in a sentence, by its argument. `value`: what it is given there; None: the name alone.

    `called`: what stands for it in Python, where it is an option of command lines alone.
    """

    option: str
    value: object = None
    called: str = ""

    @property
    def plain_value(self) -> object:
        """The value as a user writes it: that of a member of an enumeration."""
        return self.value.value if isinstance(self.value, Enum) else self.value

    def __str__(self) -> str:
        return self.called or (self.option if self.value is None else f"{self.option}={self.plain_value!r}")


class Wording(str):
    """A sentence as Python says it. `parts`: its text and the options that it names, in order."""

    parts: tuple[str | Named, ...]

    def __new__(cls, text: str = "", parts: Iterable[str | Named] | None = None) -> Wording:
        """`parts`: those of the text, which then is made of them."""
        kept = (text,) if parts is None else tuple(parts)
        made = super().__new__(cls, "".join(map(str, kept)))
        made.parts = kept
        return made

    def said_with(self, name: Callable[[Named], str]) -> str:
        """The sentence with options as `name` says them."""
        return "".join(name(part) if isinstance(part, Named) else part for part in self.parts)


def worded(template: str, **values: object) -> str:
    """A sentence from a template as those of `str.format`: what is in braces is a value, or else an option.

    Options may stand there with a value that they are given: {k=0}.
    """
    parts: list[str | Named] = []
    for text, field, form, conversion in Formatter().parse(template):
        parts.append(text)
        if field is None:
            continue
        value = values[field] if field in values else _named(field)
        if isinstance(value, Wording) and not conversion:
            parts += value.parts
        elif isinstance(value, Named):
            parts.append(value)
        else:
            parts.append(format(repr(value) if conversion == "r" else value, form or ""))
    return Wording(parts=parts)


def _named(field: str) -> Named:
    option, given, text = field.partition("=")
    try:
        return Named(option, literal_eval(text) if given else None)
    except (ValueError, SyntaxError):  # a name, without quotes
        return Named(option, text)


def joined(separator: str, texts: Iterable[str | Named]) -> str:
    """Sentences and options with a separator between them."""
    parts: list[str | Named] = []
    for text in texts:
        parts += [separator] if parts else []
        parts += text.parts if isinstance(text, Wording) else [text]
    return Wording(parts=parts)


def counted(count: int, what: str) -> str:
    """So many of something whose plural has an s: 1 level, 2 levels."""
    return f"{count} {what}{'' if count == 1 else 's'}"
