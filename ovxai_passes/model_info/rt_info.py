"""What a model says of itself."""

from __future__ import annotations

import openvino as ov

_IR_VERSION = 11
_VERSION_READ = ["ovxai", "version_read"]


def write_as_newest(model: ov.Model) -> None:
    """Have a model that was read from IR version 10 saved as version 11: reading 10 turns outputs in u8 to f32.

    What reading it has changed already, names and types of the original outputs, is saved as it is now.
    """
    if model.has_rt_info("version") and (version := model.get_rt_info("version").value) < _IR_VERSION:
        model.set_rt_info(version, _VERSION_READ)
        model.set_rt_info(_IR_VERSION, "version")


def restore_version(model: ov.Model) -> None:
    """Undo `write_as_newest`."""
    if model.has_rt_info(_VERSION_READ):
        model.set_rt_info(int(model.get_rt_info(_VERSION_READ).astype(int)), "version")


def said_in(model: ov.Model, group: str, key: str, otherwise: str = "") -> str:
    """An entry of the model's rt_info as text: of "model_info", or of "ovxai"."""
    path = [group, key]
    return str(model.get_rt_info(path).astype(str)) if model.has_rt_info(path) else otherwise
