"""What the model is told of itself and its input: written into rt_info `model_info`, where clients read it."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_passes.option_checks import mean_problem, pad_problem, parsed_mean, parsed_scale, scale_problem
from ovxai_passes.option_spec import OptionSpec, option
from ovxai_passes.vocabulary import InputLayout, ResizeType


@dataclass(frozen=True)
class InfoOptions:
    """The fields of `Options` that are about the model's input."""

    mean: tuple[float, ...] | None = option(
        None,
        OptionSpec(
            "Subtracted from pixels (0..255): one number, or one a channel, in the model's order; written into it.",
            (int, float, list, tuple),
            many=True,
            in_one=True,
            problem=mean_problem,
            metavar="M[,M,M]",
            parse=parsed_mean,
            asks=False,
        ),
    )
    scale: tuple[float, ...] | None = option(
        None,
        OptionSpec(
            "Divides pixels after `mean`; written into the model, too.",
            (int, float, list, tuple),
            many=True,
            in_one=True,
            problem=scale_problem,
            metavar="S[,S,S]",
            parse=parsed_scale,
            asks=False,
        ),
    )
    bgr: bool | None = option(
        None,
        OptionSpec(
            "The model takes blue, green, red (or red, green, blue); written into the model.",
            (bool,),
            flag="--bgr/--rgb",
            asks=False,
        ),
    )
    layout: InputLayout | None = option(
        None, OptionSpec("Layout of the picture; written into the model.", (InputLayout,), asks=False)
    )
    resize_type: ResizeType | None = option(
        None,
        OptionSpec(
            "How pictures are fitted to the input. standard: squashed; fit_to_window: aspect kept, upper left (YOLOX); "
            "fit_to_window_letterbox: in the middle; crop: its middle. Written into the model.",
            (ResizeType,),
            asks=False,
        ),
    )
    pad_value: int | None = option(
        None,
        OptionSpec(
            "The grey level (0..255) of what a picture that keeps its aspect leaves free (YOLOX: 114); default 0; "
            "written into the model.",
            (int,),
            counts="grey levels",
            problem=pad_problem,
            asks=False,
        ),
    )
