"""Changes of model files, drawn with a seed: of bytes, of an IR's XML, of ONNX messages.

`mutated(source, name, seed)` gives the changed bytes of one file of a model, the same every time.
"""

from __future__ import annotations

import random
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Draw = random.Random
NUMBERS = ("0", "1", "-1", "2", "7", "32767", "2147483647", "-2147483648", "4294967296", "9223372036854775807", "1e30")
WORDS = ("", "nan", "abc", "?", "-1", "1,1", "?,?,?,?", "f16", "i64", "u1", "dynamic", "0" * 400, "é\u2028")
INTEGERS = (0, 1, -1, 2, 3, 255, 65537, 2**31 - 1, -(2**31))


@dataclass(frozen=True)
class Source:
    """A model to change: its files' bytes by name; the first is the one that is read."""

    name: str
    files: dict[str, bytes]

    @classmethod
    def of(cls, path: Path) -> Source:
        """The file at `path`, and the .bin of an .xml."""
        names = {f"in{path.suffix}": path.read_bytes()}
        if path.suffix == ".xml":
            names["in.bin"] = path.with_suffix(".bin").read_bytes()
        return cls(path.name, names)


def mutated(source: Source, file: str, seed: int) -> tuple[str, bytes]:
    """The name of the kind of change, and the changed bytes of one of the source's files."""
    draw = random.Random(f"{source.name} {file} {seed}")
    kinds = BYTES
    if draw.random() < 0.6:  # most changes of bytes are noticed by the first reader: the others go deeper
        kinds = {".xml": XML, ".onnx": ONNX}.get(Path(file).suffix, BYTES)
    kind = draw.choice(sorted(kinds))
    data = source.files[file]
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        data = kinds[kind](data, draw)
    return kind, data


def _flip(data: bytes, draw: Draw) -> bytes:
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 4, 64))):
        changed[_place(data, draw)] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _place(data: bytes, draw: Draw) -> int:
    """A place in the file; one of two lies near its beginning or end, where formats keep what leads to the rest."""
    near = min(len(data), 512)
    return draw.choice((draw.randrange(len(data)), draw.randrange(near), len(data) - 1 - draw.randrange(near)))


def _truncated(data: bytes, draw: Draw) -> bytes:
    return data[: max(1, _place(data, draw))]


def _deleted(data: bytes, draw: Draw) -> bytes:
    start, end = _span(data, draw)
    return data[:start] + data[end:] or b"\0"


def _span(data: bytes, draw: Draw) -> tuple[int, int]:
    start = _place(data, draw)
    return start, min(len(data), start + draw.choice((1, 4, 16, 256, 4096)))


def _doubled(data: bytes, draw: Draw) -> bytes:
    start, end = _span(data, draw)
    return data[:end] + data[start:]


def _inserted(data: bytes, draw: Draw) -> bytes:
    start = _place(data, draw)
    return data[:start] + draw.randbytes(draw.choice((1, 4, 64, 1024))) + data[start:]


def _overwritten(data: bytes, draw: Draw) -> bytes:
    start, end = _span(data, draw)
    return data[:start] + draw.choice((b"\0", b"\xff", b"\x7f")) * (end - start) + data[end:]


def _swapped(data: bytes, draw: Draw) -> bytes:
    """Two pieces of the same length change places."""
    length = min(draw.choice((1, 4, 64, 1024)), len(data) // 2)
    first = draw.randrange(len(data) - 2 * length + 1)
    second = draw.randrange(first + length, len(data) - length + 1)
    one, other = data[first : first + length], data[second : second + length]
    return data[:first] + other + data[first + length : second] + one + data[second + length :]


def _integer(data: bytes, draw: Draw) -> bytes:
    """A small aligned 32-bit number becomes another: dimensions, enumerations and offsets of flat formats are such."""
    for _ in range(4000):
        at = draw.randrange(max(1, len(data) // 4)) * 4
        if len(data) >= at + 4 and 0 < struct.unpack_from("<i", data, at)[0] < 5000:
            return data[:at] + struct.pack("<i", draw.choice(INTEGERS)) + data[at + 4 :]
    return _flip(data, draw)


BYTES: dict[str, Callable[[bytes, Draw], bytes]] = {
    "flipped bits": _flip,
    "truncated": _truncated,
    "bytes deleted": _deleted,
    "bytes doubled": _doubled,
    "bytes inserted": _inserted,
    "bytes overwritten": _overwritten,
    "bytes swapped": _swapped,
    "integer changed": _integer,
}


def _in_tree(change: Callable[[ET.Element, Draw], None]) -> Callable[[bytes, Draw], bytes]:
    def changed(data: bytes, draw: Draw) -> bytes:
        root = ET.fromstring(data)
        change(root, draw)
        return ET.tostring(root, encoding="utf-8", xml_declaration=True)

    return changed


def _with_attributes(root: ET.Element, draw: Draw) -> tuple[ET.Element, str]:
    element = draw.choice([one for one in root.iter() if one.attrib])
    return element, draw.choice(sorted(element.attrib))


def _attribute_deleted(root: ET.Element, draw: Draw) -> None:
    element, name = _with_attributes(root, draw)
    del element.attrib[name]


def _attribute_changed(root: ET.Element, draw: Draw) -> None:
    element, name = _with_attributes(root, draw)
    value = element.attrib[name]
    parts = value.split(",")
    if value.strip(" -,0123456789") == "" and draw.random() < 0.7:
        parts[draw.randrange(len(parts))] = draw.choice(NUMBERS)
        element.attrib[name] = ",".join(parts)
    else:
        element.attrib[name] = draw.choice(WORDS)


def _attribute_exchanged(root: ET.Element, draw: Draw) -> None:
    """A value of another element of the same kind: types, names, shapes that the format knows."""
    element, name = _with_attributes(root, draw)
    values = sorted({one.attrib[name] for one in root.iter(element.tag) if name in one.attrib})
    element.attrib[name] = draw.choice(values)


def _dimension_changed(root: ET.Element, draw: Draw) -> None:
    draw.choice(list(root.iter("dim"))).text = draw.choice(NUMBERS + WORDS)


def _parent(root: ET.Element, draw: Draw) -> tuple[ET.Element, ET.Element]:
    """An element and one of its children; of the layers and edges most often."""
    tag = draw.choice(("layer", "edge", ""))
    pairs = [(up, one) for up in root.iter() for one in up if tag in ("", one.tag)]
    return draw.choice(pairs or [(root, root[0])])


def _element_deleted(root: ET.Element, draw: Draw) -> None:
    if len(root):
        up, one = _parent(root, draw)
        up.remove(one)


def _element_doubled(root: ET.Element, draw: Draw) -> None:
    up, one = _parent(root, draw)
    up.insert(draw.randrange(len(up) + 1), one)


def _elements_swapped(root: ET.Element, draw: Draw) -> None:
    up, _one = _parent(root, draw)
    first, second = draw.randrange(len(up)), draw.randrange(len(up))
    up[first], up[second] = up[second], up[first]


def _edge_redirected(root: ET.Element, draw: Draw) -> None:
    edges = list(root.iter("edge"))
    edge, other = draw.choice(edges), draw.choice(edges)
    for name in draw.choice((("from-layer", "from-port"), ("to-layer", "to-port"))):
        edge.attrib[name] = other.attrib.get(name, "0")


XML: dict[str, Callable[[bytes, Draw], bytes]] = {
    "attribute deleted": _in_tree(_attribute_deleted),
    "attribute changed": _in_tree(_attribute_changed),
    "attribute exchanged": _in_tree(_attribute_exchanged),
    "dimension changed": _in_tree(_dimension_changed),
    "element deleted": _in_tree(_element_deleted),
    "element doubled": _in_tree(_element_doubled),
    "elements swapped": _in_tree(_elements_swapped),
    "edge redirected": _in_tree(_edge_redirected),
}


def _in_graph(change: Callable[[Any, Draw], None]) -> Callable[[bytes, Draw], bytes]:
    def changed(data: bytes, draw: Draw) -> bytes:
        import onnx  # noqa: PLC0415  # an extra

        model = onnx.ModelProto.FromString(data)
        change(model.graph, draw)
        return bytes(model.SerializeToString(deterministic=True))

    return changed


def _onnx_dimension(graph: Any, draw: Draw) -> None:
    """A dimension of an input, an output or an initializer."""
    value = draw.choice([*graph.input, *graph.output, *graph.initializer])
    new = draw.choice((*INTEGERS, 2**40, -(2**63)))
    if hasattr(value, "dims"):
        if value.dims:
            value.dims[draw.randrange(len(value.dims))] = new
    elif value.type.tensor_type.shape.dim:
        draw.choice(value.type.tensor_type.shape.dim).dim_value = new


def _onnx_attribute(graph: Any, draw: Draw) -> None:
    owned = [(node, one) for node in graph.node for one in node.attribute]
    if not owned:
        return
    node, one = draw.choice(owned)
    if draw.random() < 0.3:
        node.attribute.remove(one)
    elif one.ints:
        one.ints[draw.randrange(len(one.ints))] = draw.choice(INTEGERS)
    else:
        one.i, one.f = draw.choice(INTEGERS), draw.choice((0.0, -1.0, 1e38, float("nan")))


def _onnx_node(graph: Any, draw: Draw) -> None:
    """A node deleted, doubled, or of another type."""
    node = draw.choice(graph.node)
    way = draw.randrange(3)
    if way == 0:
        graph.node.remove(node)
    elif way == 1:
        graph.node.insert(draw.randrange(len(graph.node) + 1), node)
    else:
        node.op_type = draw.choice(sorted({other.op_type for other in graph.node} | {"Identity", "Softmax", "Nothing"}))


def _onnx_edge(graph: Any, draw: Draw) -> None:
    """A node reads another tensor, one that comes later perhaps."""
    node = draw.choice([one for one in graph.node if one.input])
    names = [name for one in graph.node for name in (*one.input, *one.output)]
    node.input[draw.randrange(len(node.input))] = draw.choice([*names, ""])


ONNX: dict[str, Callable[[bytes, Draw], bytes]] = {
    "dimension changed": _in_graph(_onnx_dimension),
    "attribute changed": _in_graph(_onnx_attribute),
    "node changed": _in_graph(_onnx_node),
    "edge redirected": _in_graph(_onnx_edge),
}
