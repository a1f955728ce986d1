"""Help in groups: examples first, then options under headings, then the exit codes that a command can give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click

from ovxai_tools.common.command_line.colours import heading
from ovxai_tools.common.command_line.exit_codes import ALWAYS, MEANINGS

WHAT, CLASSES, PICTURE, OUTPUT, COST, EXPERT = "What to explain", "Classes", "Picture", "Output", "Cost", "Expert"
HEADINGS = (WHAT, CLASSES, PICTURE, OUTPUT, COST, EXPERT)
"""The headings that options stand under, in the order of help."""

_OTHERS, _HELP = "Options", "Help"
_UNBROKEN = "\u2011"  # a hyphen that lines are not broken at: names hold some, and are copied from help


@dataclass(frozen=True)
class HelpPage:
    """What help says beside the description and the texts of options.

    `groups`: heading → names of parameters, in the order in which they are listed; none: one list. `examples`: what a
    command line does, and the line. `codes`: exit codes beside those that every command can give, `meanings`: in words
    of the command. `notes`: paragraphs after the options.
    """

    examples: Sequence[tuple[str, str]] = ()
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    codes: Sequence[int] = ()
    meanings: Mapping[int, str] = field(default_factory=dict)
    notes: str = ""


class PagedCommand(click.Command):
    """A command whose help is a page in groups."""

    def __init__(self, *args: Any, page: HelpPage, **kwargs: Any) -> None:
        super().__init__(*args, **{"context_settings": {"help_option_names": ["-h", "--help"]}, **kwargs})
        self.page = page

    def get_help(self, ctx: click.Context) -> str:
        """The page as a text."""
        return super().get_help(ctx).replace(_UNBROKEN, "-")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Examples, options under their headings, notes, exit codes."""
        write_examples(formatter, self.page.examples)
        for title, options in self._grouped(ctx).items():
            records = [_record(one, ctx) for one in options]
            with section(formatter, title):
                formatter.write_dl([one for one in records if one is not None])
        if self.page.notes:
            formatter.write_paragraph()
            formatter.write_text(self.page.notes)
        codes = sorted({*ALWAYS, *self.page.codes})
        with section(formatter, "Exit codes"):
            formatter.write_dl([(str(code), self.page.meanings.get(code, MEANINGS[code])) for code in codes])

    def _grouped(self, ctx: click.Context) -> dict[str, list[click.Option]]:
        """Heading → options; of those that no group names, a list of their own, so that none is hidden."""
        options = {one.name: one for one in self.get_params(ctx) if isinstance(one, click.Option)}
        groups = {
            title: [options.pop(name) for name in self.page.groups.get(title, ()) if name in options]
            for title in HEADINGS
        }
        of_help = [one for one in options.values() if one.is_eager]
        others = [one for one in options.values() if not one.is_eager]
        found: dict[str, list[click.Option]] = {**groups, _OTHERS: others, _HELP: of_help}
        return {title: members for title, members in found.items() if members}


def write_examples(formatter: click.HelpFormatter, examples: Sequence[tuple[str, str]]) -> None:
    """Command lines, each under what it does."""
    if not examples:
        return
    with section(formatter, "Examples"):
        margin = " " * formatter.current_indent
        for meaning, line in examples:
            formatter.write(f"{margin}# {meaning}\n")
            formatter.write("".join(f"{margin}{part}\n" for part in line.splitlines()))


@contextmanager
def section(formatter: click.HelpFormatter, title: str) -> Iterator[None]:
    """A section of help under a heading."""
    with formatter.section(heading(title)):
        yield


def _record(option: click.Option, ctx: click.Context) -> tuple[str, str] | None:
    """An option as it is listed; of many choices, which are too long for its left side, they stand in the text."""
    record = option.get_help_record(ctx)
    if record is None:
        return None
    left, text = record
    choices = [str(one) for one in option.type.choices] if isinstance(option.type, click.Choice) else []
    if choices and choices[0] not in left:
        words, bracket, extras = text.partition("  [")
        text = f"{words} One of {', '.join(choices)}.{bracket}{extras}"
    return left, text.replace("-", _UNBROKEN)
