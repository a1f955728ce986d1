"""The names that OpenVINO's patterns call operations by: "opset13.ScaledDotProductAttention"."""

from __future__ import annotations

from functools import cache

from openvino.utils.node_factory import NodeFactory

_NEWEST = 16


@cache
def versions_of(kind: str) -> tuple[str, ...]:
    """All versions of an operation type, each once, by its name in patterns. Raises ValueError for an unknown type.

    Newer opsets repeat the operations of older ones; a pattern whose root is named twice matches twice.
    """
    if kind == "Constant":  # the factory does not make any
        return ("opset1.Constant",)
    found: dict[str, str] = {}
    for number in range(1, _NEWEST + 1):
        version = _version(kind, number)
        if version:
            found.setdefault(version, f"opset{number}.{kind}")
    if not found:
        raise ValueError(f"there is no operation type {kind!r} in the opsets 1 to {_NEWEST} of OpenVINO")
    return tuple(found.values())


def _version(kind: str, number: int) -> str:
    """The opset that an operation type of an opset was made for; empty where the opset has none."""
    try:
        return str(NodeFactory(f"opset{number}").create(kind).get_type_info().version_id)
    except RuntimeError:  # not in this opset, or an opset that this version of OpenVINO does not know
        return ""
