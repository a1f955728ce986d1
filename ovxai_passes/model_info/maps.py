"""The maps that a model has, and what it says of each: what an insertion has recorded in its rt_info."""

from __future__ import annotations

import json
from dataclasses import dataclass

import openvino as ov

from ovxai_passes.model_info.outputs import MAP_NAMES, OUTPUT_NAME
from ovxai_passes.model_info.rt_info import said_in
from ovxai_passes.vocabulary import Method

_GROUP = "ovxai"


@dataclass(frozen=True)
class RecordedMap:
    """A map of a model. `output`: its name."""

    model: ov.Model
    output: str

    @property
    def method(self) -> str:
        """The method that made it, "" for a map of other making."""
        return self.said("method")

    def said(self, key: str, otherwise: str = "") -> str:
        """What the model says of this map, as text."""
        if self.output == OUTPUT_NAME:
            return said_in(self.model, _GROUP, key, otherwise)
        entries = json.loads(said_in(self.model, _GROUP, self.output, "{}"))
        return str(entries.get(key, otherwise))


def maps_of(model: ov.Model) -> tuple[RecordedMap, ...]:
    """The maps that a model has, in the order of its outputs: none, `saliency_map`, or that and further ones."""
    names = [name for port in model.outputs for name in MAP_NAMES if name in port.get_names()]
    own = [name for name in names if name != OUTPUT_NAME and not model.has_rt_info([_GROUP, name])]
    return tuple(RecordedMap(model, name) for name in names if name not in own) if OUTPUT_NAME in names else ()


def map_made_by(model: ov.Model, method: Method) -> RecordedMap | None:
    """The map of a method, or None."""
    return next((one for one in maps_of(model) if one.method == method.value), None)
