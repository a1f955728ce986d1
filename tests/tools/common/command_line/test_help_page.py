"""Help: options in groups, words for values, examples that can be parsed, exit codes that the command can give."""

from __future__ import annotations

import importlib
import re
import shlex

import click
import pytest
from ovxai_tools.cli.main import COMMANDS, main
from ovxai_tools.common.command_line.help_page import HEADINGS, HelpPage, PagedCommand

from tests.support.cli import invoke

CODES = {
    "transform": "0 1 2 3 4 130",
    "explain": "0 1 2 3 5 130",
    "evaluate": "0 1 2 3 130",
    "bench": "0 1 2 130",
    "sweep": "0 1 2 4 130",
}
TYPES = re.compile(r"\b(INTEGER|FLOAT|TEXT|RANGE|BOOLEAN|PATH|DIRECTORY)\b")


def command_of(name: str) -> PagedCommand:
    found = importlib.import_module(f"ovxai_tools.cli.{name}").main
    assert isinstance(found, PagedCommand)
    return found


def help_of(name: str) -> str:
    return invoke(main, name, "--help").output


def section(said: str, title: str) -> str:
    return said.partition(f"\n{title}:\n")[2].partition("\n\n")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_in_one_group(name: str) -> None:
    command = command_of(name)
    groups = command.page.groups
    listed = [option for members in groups.values() for option in members]
    options = [one.name for one in command.params if isinstance(one, click.Option) and one.name != "version"]
    assert sorted(listed) == sorted(map(str, options))
    assert set(groups) <= set(HEADINGS)
    said = help_of(name)
    assert "\nOptions:\n" not in said
    assert "--help" in section(said, "Help")
    places = [said.index(f"\n{title}:\n") for title in ("Examples", *groups, "Help", "Exit codes")]
    assert places == sorted(places)


@pytest.mark.parametrize("name", COMMANDS)
def test_values_are_words_and_names_are_whole(name: str) -> None:
    said = help_of(name)
    assert not TYPES.search(said)
    assert not re.search(r"[a-z]-\n", said)
    assert max(map(len, section(said, "Help").splitlines())) <= 80


def test_many_choices_are_listed_in_the_text_and_few_in_place_of_a_value() -> None:
    said = help_of("explain")
    assert "--colormap jet|viridis|turbo|grey" in said
    assert "--method METHOD" in said
    assert "layercam-share" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_exit_codes_are_those_that_the_command_can_give(name: str) -> None:
    lines = section(help_of(name), "Exit codes").splitlines()
    codes = [line.split()[0] for line in lines if re.match(r"  \d", line)]
    assert codes == CODES[name].split()


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_are_command_lines_that_are_parsed(name: str) -> None:
    command = command_of(name)
    assert command.page.examples
    for meaning, line in command.page.examples:
        program, called, *args = shlex.split(line.replace("\\\n", " "))
        assert (program, called) == ("ovxai", name), meaning
        command.make_context(name, args)  # raises UsageError for what is no option, or no value of one
        assert f"  # {meaning}\n" in help_of(name)


def test_an_option_that_no_group_names_is_listed_nevertheless() -> None:
    @click.command(cls=PagedCommand, page=HelpPage())
    @click.option("--new", help="Just added.")
    def program(new: str) -> None:
        raise AssertionError(new)

    assert "--new" in section(invoke(program, "--help").output, "Options")


def test_headings_are_in_colour_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    command = command_of("bench")
    assert "\x1b[" in command.get_help(click.Context(command))
    assert "\x1b[" not in invoke(command, "--help").output  # to a file
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in command.get_help(click.Context(command))
