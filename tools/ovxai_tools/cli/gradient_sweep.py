"""Gradients of whole networks, held to torch.autograd, or to central differences.

python -m ovxai_tools.cli.gradient_sweep OUT.csv [NAME_OR_FILE...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ovxai_tools.checks.csv_rows import read_rows, write_rows
from ovxai_tools.checks.gradient_sweep.summary import COLUMNS, GOOD, summary, table
from ovxai_tools.checks.own_process import OwnProcesses, as_text, death
from ovxai_tools.checks.timm_zoo import smallest_of_each_module
from ovxai_tools.common.click_types import NamedPath, NumberRange
from ovxai_tools.common.exits import with_exit_codes

_CHILD = "ovxai_tools.checks.gradient_sweep.one_network"


@click.command()
@click.argument("out", metavar="OUT.csv", type=NamedPath())
@click.argument("names", metavar="[NAME_OR_FILE]...", nargs=-1)
@click.option("--timeout", type=NumberRange(min=1), default=150, show_default=True, help="Seconds for a network.")
@click.option("--again", is_flag=True, help="Look again at networks that are in the report and are not right.")
@click.option("--force", is_flag=True, help="Begin anew, whatever the report holds.")
@click.option("--table", "as_table", is_flag=True, help="Print the report as a table in Markdown, and do no more.")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    out: Path, names: tuple[str, ...], timeout: float, again: bool, force: bool, as_table: bool
) -> None:
    """Compare gradients of networks with torch.autograd, each network in a process of its own.

    Names are those of timm (one architecture of each module, if none are given), `huggingface:NAME` (ViT, Swin,
    ConvNext, Dinov2) and `torchvision:NAME` (retinanet_resnet50_fpn, fcos_resnet50_fpn, ssd300_vgg16), with random
    weights. Model files are compared with central differences.

    Status: equal (99.9 % of the entries within 1e-3 of the largest of torch's), rounding (the others are at kinks:
    noise of the size of rounding changes those of torch in f64, too), different, declined (an operation without a
    rule), not converted, not built, timeout, crashed, out of memory. The report is kept up to date: the same command
    goes on after an interrupt. Exit code 4 if any is neither equal nor rounding.
    """
    rows = {} if force else read_rows(out, COLUMNS, "ovxai_tools.cli.gradient_sweep")
    if as_table:
        click.echo("\n".join(table(rows.values())))
        return
    write_rows(out, COLUMNS, list(rows.values()))  # now, so that one that cannot be written is told before the work
    chosen = names or tuple(smallest_of_each_module())
    processes = OwnProcesses()
    for name in chosen:
        if name in rows and not (again and rows[name]["status"] not in GOOD):
            continue
        ended = processes.run([sys.executable, "-W", "ignore", "-m", _CHILD, name], timeout)
        found = ended.told if ended.code == 0 else ended.told | death(ended)
        rows[name] = dict.fromkeys(COLUMNS, "") | {"name": name} | {key: as_text(one) for key, one in found.items()}
        write_rows(out, COLUMNS, list(rows.values()))
        click.echo(f"{name}: {rows[name]['status']} {rows[name]['reason']}".rstrip())
    told = [rows[name] for name in chosen]
    click.echo("\n".join(summary(told)))
    if any(row["status"] not in GOOD for row in told):
        sys.exit(4)


if __name__ == "__main__":
    main()
