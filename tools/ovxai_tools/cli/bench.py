"""ovxai-bench: what a saliency map costs."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
import openvino as ov

from ovxai_passes import __version__
from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_passes.sources.reasons import reason_of
from ovxai_tools.checks.benchmark import Measurement, interleaved, measure, peak_memory
from ovxai_tools.common.click_types import WordChoice
from ovxai_tools.common.command_line.devices import DeviceType
from ovxai_tools.common.command_line.help_page import PagedCommand
from ovxai_tools.common.command_line.model_names import ModelName
from ovxai_tools.common.command_line.pages import BENCH_PAGE
from ovxai_tools.common.exits import with_exit_codes
from ovxai_tools.common.model_loading import load_model
from ovxai_tools.common.progress import stage
from ovxai_tools.common.shared_options import shape_option
from ovxai_tools.demo import shipped as demo


@click.command(cls=PagedCommand, page=BENCH_PAGE)
@click.argument("models", metavar="PLAIN AUGMENTED [MORE]...", nargs=-1, type=ModelName())
@click.option(
    "--precision", type=WordChoice(["f32", "default"]), default="f32", show_default=True, help="Of arithmetic."
)
@click.option(
    "--runs", type=click.IntRange(min=3), metavar="N", default=50, show_default=True, help="Timed runs of each model."
)
@click.option(
    "--batch", type=click.IntRange(min=1), metavar="N", default=1, show_default=True, help="In place of dynamic sizes."
)
@shape_option
@click.option(
    "--device", type=DeviceType(), metavar="NAME", default="CPU", show_default=True, help="Where the models run."
)
@click.option("--no-memory", is_flag=True, help="Leave out the processes that measure memory.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.version_option(__version__, prog_name="ovxai-bench")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    models: tuple[str, ...],
    precision: str,
    runs: int,
    batch: int,
    shapes: tuple[StatedShape, ...],
    device: str,
    no_memory: bool,
    as_json: bool,
) -> None:
    """Measure models (.xml, .onnx, ..., or demo:cnn) against the first one.

    All models are loaded in one process and run in turns, so that what slows the machine down slows all of them down.
    Latency: LATENCY hint, random input, one request at a time.
    """
    if len(models) < 2:
        raise click.UsageError("give the plain model and at least one more to compare with it")
    with stage("Reading the models"):
        paths = [demo.model_path(name) for name in models]
        loaded = [load_model(name, shapes) for name in models]
    try:
        with stage(f"Running each of {len(models)} models {runs} times"):
            times = interleaved(loaded, precision, runs, batch, device)
    except RuntimeError as error:
        raise OptionError(
            f"OpenVINO does not run these models on {device}: {reason_of(error)} "
            f"(devices here: {', '.join(ov.Core().available_devices) or 'none'})"
        ) from error
    with stage("Measuring memory"):
        memory = [None if no_memory else peak_memory(path, precision, batch, device, shapes) for path in paths]
    measured = measure(models, paths, loaded, times, memory)
    if as_json:
        about = {"precision": precision, "runs": runs, "batch": batch, "device": device}
        click.echo(json.dumps(about | {"models": [asdict(one) for one in measured]}, indent=1))
    else:
        click.echo("\n".join(_table(measured)))


def _table(measured: list[Measurement]) -> list[str]:
    width = max(len(one.name) for one in measured)
    lines = [f"{'model':{width}}  median ms        range ms  ratio        .bin    ops    memory MiB"]
    for one in measured:
        span = f"{one.fastest:.2f}..{one.slowest:.2f}"
        grown = "" if one.bin_growth is None else f"{one.bin_growth:+d}"
        memory = "" if one.memory is None else f"{one.memory >> 20}"
        more = "" if one.memory_growth is None else f" ({one.memory_growth / (1 << 20):+.0f})"
        lines.append(
            f"{one.name:{width}} {one.median:10.2f} {span:>15}  {one.ratio:5.3f} {grown:>11} {one.ops_growth:+6d}  "
            f"{memory + more:>12}"
        )
    return lines


if __name__ == "__main__":
    main()
