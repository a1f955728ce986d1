"""What decides on the results of a command: runs of which this is the same go on where an earlier one ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import click

from ovxai_passes import __version__
from ovxai_passes.model_info.checksum import file_digest


def deciding(models: Sequence[str], source: Path, without_effect: Collection[str], **values: Any) -> dict[str, Any]:
    """The version, the content of the model read from `source`, and the options of this command, as JSON has them.

    `models`: named instead where there is no file. `without_effect`: options that only say where to, and how to go
    about it. `values`: by name, in place of what the command line says.
    """
    given = click.get_current_context().params | values
    options = {f"--{name.replace('_', '-')}": value for name, value in given.items() if name not in without_effect}
    pair = (source, source.with_suffix(".bin")) if source.name else ()
    try:
        digests = [file_digest(path) for path in pair if path.is_file()]
    except OSError:  # told where it is read
        digests = []
    about = {"version": __version__, "model": digests or list(models), "options": options}
    found: dict[str, Any] = json.loads(json.dumps(about, default=str))
    return found
