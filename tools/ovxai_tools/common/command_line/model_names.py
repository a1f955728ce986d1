"""Models, as values of arguments."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from ovxai_tools.demo.shipped import MODELS, PREFIX


class ModelName(click.types.StringParamType):
    """A path, or demo:NAME."""

    name = "model"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Files and folders, and the demo models once one is begun: bash shows files only where nothing else fits."""
        demos = [PREFIX + name for name in MODELS if incomplete and (PREFIX + name).startswith(incomplete)]
        return [CompletionItem(incomplete, type="file"), *map(CompletionItem, demos)]
