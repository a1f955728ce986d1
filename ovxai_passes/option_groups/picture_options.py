"""What becomes of a map before it leaves the model: its size, its type, and pictures of it."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_passes.option_checks import parsed_size, size_problem
from ovxai_passes.option_spec import OptionSpec, option
from ovxai_passes.vocabulary import INPUT, LARGEST, MIDDLE, Colormap, MapType


@dataclass(frozen=True)
class PictureOptions:
    """The fields of `Options` that are about maps as they are shown."""

    saliency_map_size: tuple[int, int] | str | None = option(
        None,
        OptionSpec(
            "Size of the map (h, w), or 'input', that of the model's picture: resized after scaling. Of detectors "
            "(h, w), or the middle or largest level, is where levels meet (default 23x23, masks 56x56); activationmap "
            "and eigencam: which level.",
            (str, list, tuple),
            problem=size_problem,
            flag="--map-size",
            metavar=f"HxW|{INPUT}|{MIDDLE}|{LARGEST}",
            parse=parsed_size,
        ),
    )
    threshold: float | None = option(
        None,
        OptionSpec("Values of a scaled map below this share of full scale become 0.", (int, float), above=0, up_to=1),
    )
    output_dtype: MapType | None = option(
        None, OptionSpec("A scaled map as unrounded numbers from 0 to 1; default: levels, u8.", (MapType,))
    )
    colormap: Colormap | None = option(
        None,
        OptionSpec(
            "Add the output saliency_colors: the map in these colours, u8 [N,k,h,w,3], RGB; default for overlay: jet.",
            (Colormap,),
        ),
    )
    overlay: float | None = option(
        None,
        OptionSpec(
            "Add the output saliency_overlay: the map in colours, with this weight, over the model's own picture, u8 "
            "[N,k,H,W,3], RGB.",
            (int, float),
            above=0,
            up_to=1,
            metavar="WEIGHT",
        ),
    )
