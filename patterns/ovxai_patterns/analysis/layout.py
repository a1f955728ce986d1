"""Which element of a tensor is about which place of the picture.

Every tensor downstream of a picture gets *position labels*: an array of the tensor's rank whose elements number the
cells of an h x w grid in raster order, or are -1 where an element is about no single place (channels after pooling, a
class token, constants). Labels are an element's identity, not what it has seen: attention mixes tokens, and a token
keeps its place. They start at the pixels and follow four kinds of operations:

* movement operations (Reshape, Transpose, Roll, ...) are run on the labels themselves;
* windows (convolution, pooling, Interpolate) lay out a new grid on the axes of the old one;
* contractions (MatMul, reductions) end an axis: cells that meet in one element become one larger cell where they form
  blocks (patch merging, Hiera's pooling), and no cell where all meet (global pooling);
* element-wise operations and normalisations keep the labels of their inputs, by broadcasting.

Any other operation ends them, until a residual connection brings them back.

No layout is assumed after the input: NHWC, windows in the batch and token orders other than raster all fall out.
"""

from __future__ import annotations

import numpy as np
import openvino as ov

from ovxai_patterns.analysis.assumed import HOW_TO_STATE, ShapesError, assumed_shape, first_convolution, make_static
from ovxai_patterns.analysis.folding import Folding
from ovxai_patterns.analysis.graph import ModelGraph, TensorId
from ovxai_patterns.analysis.movement import collapse, fits, is_movement, move
from ovxai_patterns.analysis.op_traits import (
    ELEMENTWISE_TYPES,
    LAYOUT_TYPES,
    REDUCE_TYPES,
    SHAPE_KEEPING_TYPES,
    WINDOW_TYPES,
)
from ovxai_patterns.analysis.positions import NOWHERE, Positions, cut_lattice, merge, on_lattice, thinned
from ovxai_patterns.wording import worded

_PICTURE_CHANNELS = (1, 3, 4)
_MOST_INPUTS = 4  # that are listed


def picture_axes(parameter: ov.Node) -> tuple[int, int] | None:
    """The height and width axes of an input, or None where it is no picture.

    The layout is read from the input where it is set, else from where the 1, 3 or 4 channels are; where that does not
    tell, from the first convolution; else it is NCHW.
    """
    shape = parameter.get_partial_shape()
    if shape.rank.is_dynamic or shape.rank.get_length() != 4:
        return None
    if parameter.get_element_type() in (ov.Type.i32, ov.Type.i64, ov.Type.boolean):
        return None
    layout = parameter.layout
    if not layout.empty and "H" in str(layout) and "W" in str(layout):
        return layout.get_index_by_name("H") % 4, layout.get_index_by_name("W") % 4
    channels = [shape[1], shape[3]]
    known = [dim.is_static and dim.get_length() in _PICTURE_CHANNELS for dim in channels]
    if known == [False, False]:
        convolution = first_convolution(parameter)
        return (1, 2) if convolution is not None and convolution[0] == 3 else (2, 3)
    return (1, 2) if known == [False, True] else (2, 3)


def without_picture(model: ov.Model) -> str:
    """Why nothing of a model is about a place, where none of its inputs is a picture."""
    inputs = [(port, port.get_partial_shape()) for port in model.inputs]
    listed = [
        f"{min(port.get_names(), default=port.get_node().get_friendly_name())} is "
        f"{port.get_element_type().get_type_name()} {shape}"
        for port, shape in inputs[:_MOST_INPUTS]
    ]
    listed += ["..."] if len(inputs) > _MOST_INPUTS else []
    of = " of floats or bytes" if any(shape.rank.is_static and len(shape) == 4 for _, shape in inputs) else ""
    several = "input" if len(inputs) == 1 else "inputs:"
    said = f"the model takes no picture: its {several} {', '.join(listed)}; a picture is [N,C,H,W] or [N,H,W,C]{of}"
    if any(shape.rank.is_dynamic for _, shape in inputs):
        return worded("{said}: give the inputs static shapes first ({how})", said=said, how=HOW_TO_STATE)
    return said


class PositionLayout:
    """Position labels of every tensor of a model whose shapes are static (see `analysis_clone`)."""

    def __init__(self, graph: ModelGraph) -> None:
        self.graph = graph
        self.folding = Folding(graph)
        self._positions: dict[TensorId, Positions] = {}
        self.pictures: list[TensorId] = []
        for place, node in enumerate(graph.ops):
            for port, positions in enumerate(self._label(place, node)):
                if positions is not None and (positions.ids >= 0).any():
                    self._positions[place, port] = positions

    def positions(self, tensor: TensorId) -> Positions | None:
        """Positions of a tensor, or None where no element is about a place."""
        return self._positions.get(tensor)

    def _label(self, place: int, node: ov.Node) -> list[Positions | None]:
        kind = node.get_type_name()
        if kind == "Parameter":
            return [self._label_parameter(place, node)]
        sources = [self.positions(source) for source in self.graph.inputs_of(place)]
        if all(source is None for source in sources):
            return [None] * node.get_output_size()
        if kind == "Pad":
            return [self._label_padding(place, sources[0])]
        if is_movement(node):
            return self._label_movement(place, sources)
        if kind in WINDOW_TYPES:
            source = sources[0]
            if kind == "Convolution" and source is not None and source.ids.ndim == 4:
                source = merge(source, (1,))  # a Focus or SpaceToDepth stem has moved positions into channels
            return [self._label_window(output, source) for output in node.outputs()]
        if kind in REDUCE_TYPES:
            return [self._label_reduction(place, sources[0])]
        if kind == "MatMul":
            return [self._label_matmul(node, sources)]
        if kind == "ScaledDotProductAttention":
            query = sources[0]
            return [merge(query, (-1,)) if query is not None else None]
        if kind in ELEMENTWISE_TYPES:
            return [self._label_elementwise(output, sources) for output in node.outputs()]
        if kind in SHAPE_KEEPING_TYPES:
            return [self._label_elementwise(output, sources[:1]) for output in node.outputs()]
        return [None] * node.get_output_size()  # an unknown operation may mix or move positions

    def _label_parameter(self, place: int, node: ov.Node) -> Positions | None:
        axes = picture_axes(node)
        shape = node.get_output_partial_shape(0)
        if axes is None or shape.is_dynamic or not fits(shape.to_shape()):
            return None
        self.pictures.append((place, 0))
        rows, columns = axes
        return on_lattice(4, rows, columns, (shape[rows].get_length(), shape[columns].get_length()))

    def _label_movement(self, place: int, sources: list[Positions | None]) -> list[Positions | None]:
        grids = {source.grid for source in sources if source is not None}
        outputs = self.graph.ops[place].get_output_size()
        if len(grids) != 1:
            return [None] * outputs
        ids = [None if source is None else source.ids for source in sources]
        moved = move(self.graph, self.folding, place, ids, NOWHERE)
        if moved is None:
            return [None] * outputs
        grid = grids.pop()
        return [thinned(Positions(labels, grid)) for labels in moved]

    def _label_padding(self, place: int, source: Positions | None) -> Positions | None:
        """What padding adds is about no place, also where it repeats or mirrors the border."""
        begin, end = (self.folding.value(tensor) for tensor in self.graph.inputs_of(place)[1:3])
        if source is None or begin is None or end is None:
            return None
        shape = self.graph.ops[place].get_input_shape(0)
        widths = list(zip(begin.tolist(), end.tolist(), strict=True))
        sizes = [
            full if any(width) else size for full, size, width in zip(shape, source.ids.shape, widths, strict=True)
        ]
        if not fits([size + low + high for size, (low, high) in zip(sizes, widths, strict=True)]):
            return None
        kept = tuple(slice(max(-low, 0), size - max(-high, 0)) for (low, high), size in zip(widths, sizes, strict=True))
        ids = np.broadcast_to(source.ids, sizes)[kept]  # what is less than no padding is cut off
        added = [(max(low, 0), max(high, 0)) for low, high in widths]
        return Positions(np.pad(ids, added, constant_values=NOWHERE), source.grid)

    def _label_window(self, output: ov.Output, source: Positions | None) -> Positions | None:
        shape = output.get_partial_shape()
        if source is None or shape.is_dynamic or len(shape) != source.ids.ndim:
            return None
        source = source.without_frame
        axes = source.lattice or cut_lattice(source)
        if axes is not None and axes[0] == 1 and source.ids.shape[1] == 1:  # [N,C,w]: no axis of one row is there
            width = shape[axes[1]].get_length()
            line = np.arange(width, dtype=np.int32).reshape(1, 1, -1)
            return Positions(line, (1, width)) if width > 1 and fits(line.shape) else None
        if axes is not None:
            rows, columns = axes
            grid = (shape[rows].get_length(), shape[columns].get_length())
            if grid == source.grid:
                return source
            return on_lattice(len(shape), rows, columns, grid) if grid[0] * grid[1] > 1 and fits(grid) else None
        same = all(size in (1, shape[axis].get_length()) for axis, size in enumerate(source.ids.shape))
        if same and source.ids.shape[1] == 1:
            return source
        return self._label_window_in_patches(shape.to_shape(), source)

    def _label_window_in_patches(self, shape: ov.Shape, source: Positions) -> Positions | None:
        """Windows in patches that lie in the batch: [patches,C,h,w] → [patches,C,h/a,w/b], cells of a x b pixels."""
        sizes = source.ids.shape
        if len(sizes) != 4 or sizes[1] != 1 or sizes[0] != shape[0] or any(sizes[a] % shape[a] for a in (2, 3)):
            return None
        split = [sizes[0], 1, shape[2], sizes[2] // shape[2], shape[3], sizes[3] // shape[3]]
        merged = merge(Positions(source.ids.reshape(split), source.grid), (3, 5))
        return None if merged is None else Positions(merged.ids.squeeze((3, 5)), merged.grid)

    def _label_reduction(self, place: int, source: Positions | None) -> Positions | None:
        node = self.graph.ops[place]
        axes = self.folding.value(self.graph.inputs_of(place)[1])
        if source is None or axes is None:
            return None
        which = tuple(int(axis) % source.ids.ndim for axis in np.atleast_1d(axes))
        merged = merge(source, which)
        if merged is None or node.get_attributes().get("keep_dims", False):
            return merged
        return Positions(merged.ids.squeeze(which), merged.grid)

    def _label_matmul(self, node: ov.Node, sources: list[Positions | None]) -> Positions | None:
        attributes = node.get_attributes()
        rank = len(node.get_output_partial_shape(0))
        for port, flag in enumerate(("transpose_a", "transpose_b")):
            source = sources[port]
            if source is None or source.ids.ndim < 2:
                continue
            ids = source.ids.swapaxes(-1, -2) if attributes[flag] else source.ids
            ids = ids.reshape((1,) * (rank - ids.ndim) + ids.shape)
            merged = merge(Positions(ids, source.grid), (-1,) if port == 0 else (-2,))
            if merged is not None:
                return merged
        return None

    def _label_elementwise(self, output: ov.Output, sources: list[Positions | None]) -> Positions | None:
        shape = output.get_partial_shape()
        if shape.is_dynamic or not (output.get_element_type().is_real() or output.get_element_type().is_integral()):
            return None
        found: Positions | None = None
        for source in sources:
            if source is None or not _fits(source.ids.shape, tuple(shape.to_shape())):
                continue
            aligned = source.ids.reshape((1,) * (len(shape) - source.ids.ndim) + source.ids.shape)
            if found is None or _cells(source) > _cells(found):  # a gate knows rows only: the finest grid counts
                found = Positions(aligned, source.grid)
            elif found.grid == source.grid and fits(found.ids.shape, aligned.shape):
                found = Positions(collapse(np.where(found.ids >= 0, found.ids, aligned)), found.grid)
        return found


def _cells(positions: Positions) -> int:
    return positions.grid[0] * positions.grid[1]


def _fits(labels: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether labels of one shape broadcast to a tensor of another."""
    if len(labels) > len(shape):
        return False
    return all(size in (1, full) for size, full in zip(labels[::-1], shape[::-1], strict=False))


def analysis_clone(model: ov.Model, other_sizes: bool = True) -> ov.Model:
    """A clone with static shapes, on which positions are told: see `assumed.py`. Raises ShapesError, a RuntimeError.

    `other_sizes`: whether a network that takes no picture of the assumed size is tried with others.
    Operations keep their places in topological order, so findings on the clone hold for the model.
    """
    clone = model.clone()
    make_static(clone, [picture_axes(parameter) or () for parameter in clone.get_parameters()], other_sizes)
    return clone


def assumed_inputs(model: ov.Model, batch: int = 1) -> list[list[int]]:
    """A shape for each input, `batch` where it is dynamic: the model's own, or those that the analysis assumes.

    Raises ShapesError where it finds none.
    """
    parameters = model.get_parameters()
    stated = [parameter.get_partial_shape() for parameter in parameters]
    if any(shape.rank.is_dynamic for shape in stated):
        said = "the model has an input of unknown rank; give it a static shape first ({how})"
        raise ShapesError(worded(said, how=HOW_TO_STATE))
    pictures = [picture_axes(parameter) or () for parameter in parameters]
    shapes = [assumed_shape(one, axes, batch=batch) for one, axes in zip(parameters, pictures, strict=True)]
    if any(shape[axis].is_dynamic for shape, axes in zip(stated, pictures, strict=True) for axis in axes):
        found = [list(one.get_partial_shape().to_shape()) for one in analysis_clone(model).get_parameters()]
        for number, axes in enumerate(pictures):
            if axes:
                shapes[number][1:] = found[number][1:]
    return shapes


def movement_chain(layout: PositionLayout, tensor: TensorId) -> TensorId:
    """The tensor above a chain of layout operations (Transpose, Reshape, ...) that still holds the whole map.

    A second reader of a Transpose changes what a plugin fuses; tapping above it leaves the original path alone.
    """
    while layout.graph.ops[tensor[0]].get_type_name() in LAYOUT_TYPES:
        above = layout.graph.inputs_of(tensor[0])[0]
        positions = layout.positions(above)
        if positions is None or not positions.is_map or above in layout.pictures:
            break
        tensor = above
    return tensor
