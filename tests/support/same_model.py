"""Whether two models are equal, operation by operation."""

from __future__ import annotations

import openvino as ov


def described(model: ov.Model) -> list[tuple[object, ...]]:
    """Every operation with all that is its own: type, name, attributes, wiring, types, shapes, names and weights."""
    operations = model.get_ordered_ops()
    place = {node.get_name(): number for number, node in enumerate(operations)}
    rows: list[tuple[object, ...]] = []
    for node in operations:
        data = bytes(node.get_data().tobytes()) if node.get_type_name() == "Constant" else b""
        wires = [(place[value.get_node().get_name()], value.get_index()) for value in node.input_values()]
        ends = [
            (str(one.get_element_type()), str(one.get_partial_shape()), sorted(one.get_names()))
            for one in node.outputs()
        ]
        attributes = {key: str(value) for key, value in node.get_attributes().items()}
        info = sorted(dict(node.get_rt_info()))
        rows.append((node.get_type_name(), node.get_friendly_name(), attributes, wires, ends, info, data))
    return rows


def information(model: ov.Model) -> dict[str, object]:
    """The rt_info of a model, as plain values, without where it was read from (OpenVINO 2025.0)."""
    return {key: _plain(value) for key, value in dict(model.rt_info).items() if key != "__weights_path"}


def _plain(value: object) -> object:
    """Entries of a model in memory are plain already; of one that was read, they say what they are when asked."""
    plain = getattr(value, "value", value)
    if isinstance(plain, dict):
        return {key: _plain(one) for key, one in plain.items()}
    try:
        return {key: _plain(one) for key, one in value.astype(dict).items()}  # type: ignore[attr-defined]
    except (RuntimeError, TypeError, AttributeError):
        return str(plain)
