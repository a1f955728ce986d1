"""What decides on the results of a command: runs of which this is the same go on where an earlier one ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import click

from ovxai_passes import __version__
from ovxai_passes.model_info.checksum import file_digest


def deciding(sources: Sequence[Path], without_effect: Collection[str], **values: Any) -> dict[str, Any]:
    """The version, the contents of the models read from `sources`, and the options of this command, as JSON has them.

    `without_effect`: options that only say where to, and how to go about it. `values`: by name, in place of what the
    command line says.
    """
    given = click.get_current_context().params | values
    options = {f"--{name.replace('_', '-')}": value for name, value in given.items() if name not in without_effect}
    about = {"version": __version__, "model": [_content_of(source) for source in sources], "options": options}
    found: dict[str, Any] = json.loads(json.dumps(about, default=str))
    return found


def _content_of(source: Path) -> list[str] | str:
    """What tells a model from others: the digests of its files, or its name where it has none."""
    pair = (source, source.with_suffix(".bin")) if source.name else ()
    try:
        return [file_digest(path) for path in pair if path.is_file()] or str(source)
    except OSError:  # told where it is read
        return str(source)
