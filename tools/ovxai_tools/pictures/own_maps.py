"""The maps that a model holds already, where those of another method are asked for."""

from __future__ import annotations

import openvino as ov

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.maps import maps_of
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.remove import without_maps
from ovxai_passes.vocabulary import Method
from ovxai_tools.pictures.run_settings import RunSettings


def model_for(model: ov.Model, settings: RunSettings) -> tuple[ov.Model, str]:
    """The model, without its maps where another method is asked for, and a notice that says so, or "".

    Raises OptionError where they cannot be taken off.
    """
    method = settings.method
    if method is None or settings.black_box or not is_augmented(model):
        return model, ""
    maps = maps_of(model)
    names = [one.method for one in maps]
    is_best = method == Method.BEST.value and any(
        one.output == OUTPUT_NAME and one.said("chosen_as") == method for one in maps
    )
    if method in names or is_best:
        return model, ""
    there = ", ".join(name or "another method" for name in names)
    try:
        plain = without_maps(model)
    except OptionError as error:
        raise OptionError(
            f"the model has maps already, of {there}: give the model without them for --method {method}"
        ) from error
    return plain, f"the model has maps of {there}: they are taken off here, and --method {method} makes others"
