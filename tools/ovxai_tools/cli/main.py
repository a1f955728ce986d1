"""ovxai: one command with a sub-command for each command line. Each is imported when it is called, no earlier.

Importing OpenVINO takes a second, so nothing here imports the library: help is there at once.
"""

from __future__ import annotations

import difflib
import importlib
from typing import Any

import click
from click.shell_completion import CompletionItem

from ovxai_tools.common.command_line.help_page import section, write_examples

COMMANDS = {
    "transform": "A model in, the same model with saliency maps out.",
    "explain": "Pictures in, maps and overlays out, with a page to look at.",
    "evaluate": "Which maps of a model are good, measured on pictures.",
    "bench": "What a saliency map costs: times, sizes, memory.",
    "sweep": "Which of many models can be explained, and how.",
}
"""The sub-commands, each a module of this folder with a `main`, and a line on each."""

_EXAMPLES = (
    (
        "a demo model with maps, and a picture of what they show",
        "ovxai transform demo:cnn saliency.xml --preview saliency.png",
    ),
    ("maps, overlays and a page for a folder of pictures", "ovxai explain model.xml pictures --output explained"),
)


class LazyGroup(click.Group):
    """A group whose commands are modules that are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, as they are listed by help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, imported now, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"ovxai_tools.cli.{cmd_name}").main
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Commands and options that begin so; none is imported for it."""
        found = [CompletionItem(name, help=line) for name, line in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that a command line names; a name that is none is wrong usage, and is told what is close."""
        if args and not ctx.resilient_parsing and not args[0].startswith("-") and args[0] not in COMMANDS:
            close = difflib.get_close_matches(args[0].lower(), COMMANDS, 1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Commands: {', '.join(COMMANDS)}."
            ctx.fail(f"No such command {args[0]!r}. {hint}")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, none of which is imported for it, two examples, and the options."""
        with section(formatter, "Commands"):
            formatter.write_dl(list(COMMANDS.items()))
        write_examples(formatter, _EXAMPLES)
        records = [one.get_help_record(ctx) for one in self.get_params(ctx)]
        with section(formatter, "Options"):
            formatter.write_dl([one for one in records if one is not None])


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> Any:
    if value and not ctx.resilient_parsing:
        from ovxai_passes import __version__  # noqa: PLC0415  # imports OpenVINO

        click.echo(f"ovxai, version {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="ovxai COMMAND --help says more of a command, with examples.",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version."
)
def main() -> None:
    """Saliency maps inside OpenVINO models: make them, look at them, measure them."""


if __name__ == "__main__":
    main()
