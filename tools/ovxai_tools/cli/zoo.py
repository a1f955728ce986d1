"""timm architectures as OpenVINO models, for tests and sweeps.

python -m ovxai_tools.cli.zoo FOLDER [NAME...] [--dynamic]   one architecture of each timm module, or those named
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ovxai_passes.errors import OvxaiError
from ovxai_tools.checks.timm_zoo import build, converted, save, smallest_of_each_module
from ovxai_tools.common.command_line.help_page import HelpPage, PagedCommand
from ovxai_tools.common.exits import OutputError, with_exit_codes


@click.command(cls=PagedCommand, page=HelpPage())
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.argument("names", nargs=-1)
@click.option("--dynamic", is_flag=True, help="A dynamic batch instead of 1.")
@with_exit_codes
def main(folder: Path, names: tuple[str, ...], dynamic: bool) -> None:
    """Convert timm architectures into FOLDER; those that are there already are left alone.

    Exit code 2 if one cannot be converted; the others are.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}; choose another folder") from error
    failed = 0
    for name in names or smallest_of_each_module():
        path = folder / f"{name}.xml"
        if path.exists():
            continue
        try:
            save(converted(build(name), dynamic), path)
            click.echo(f"{name}: converted")
        except OvxaiError:
            raise
        except Exception as error:  # torch and the converter raise whatever they like; the next one may do
            failed += 1
            click.echo(f"{name}: not converted: {str(error).strip().splitlines()[-1]}", err=True)
    sys.exit(2 if failed else 0)


if __name__ == "__main__":
    main()
