"""ovxai evaluate: how often maps point at the object, and how methods compare.

ovxai evaluate [demo:cnn] [demo:vit] [demo:detector] [--pictures 500]
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.shapes import StatedShape
from ovxai_tools.common.exits import EXIT_CODES, with_exit_codes
from ovxai_tools.common.shared_options import shape_option
from ovxai_tools.evaluation import pointing_game
from ovxai_tools.evaluation import quality as qualities


@click.command(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("models", metavar="[demo:NAME]...", nargs=-1)
@click.option("--pictures", type=click.IntRange(min=1), default=500, show_default=True, help="Held-out pictures.")
@click.option("--quality", is_flag=True, help="Compare all methods by several metrics instead, on 50 pictures.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="--quality: pictures with images.json and imagenet_labels.txt, for models of ImageNet classes.",
)
@shape_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@with_exit_codes
def main(  # noqa: PLR0913, PLR0917  # one parameter an option
    models: tuple[str, ...],
    pictures: int,
    quality: bool,
    data: Path | None,
    shapes: tuple[StatedShape, ...],
    as_json: bool,
) -> None:
    """Play the pointing game with demo models (all of them by default), every method and setting.

    With --quality: demo classifiers, and with --data other classifiers (.xml, .tflite, ...), by all metrics.
    """
    if quality:
        compared = qualities.compare(models, pictures, data, shapes)
        click.echo(json.dumps([asdict(one) for one in compared], indent=1) if as_json else qualities.table(compared))
        return
    if shapes:
        raise OptionError("--shape is for models of your own, with --quality: demo pictures are of one size")
    results = pointing_game.play(models, pictures)
    click.echo(json.dumps([asdict(one) for one in results], indent=1) if as_json else pointing_game.table(results))


if __name__ == "__main__":
    main()
