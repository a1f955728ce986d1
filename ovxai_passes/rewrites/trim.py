"""Leaving out of a network what nobody reads: after its last attention, a class-token transformer's other tokens.

    Before:  x [N,T,C] ─▶ Q, K, V ─▶ attention [N,T,C] ─▶ MLP, norm [N,T,C] ─▶ Gather token ─▶ classifier
    After:   x [N,T,C] ─┬─▶ K, V ─▶ attention [N,1,C] ─▶ MLP, norm [N,1,C] ─▶ Gather token ─▶ classifier
                        └─▶ Slice ─▶ Q [N,1,C] ─▶┘

Values stay equal up to the rounding of smaller products (1e-5 of the scores), not to the bit. A Slice passes up only
where everything that is still read of a tensor are those rows, so that no work is done twice.
"""

from __future__ import annotations

import openvino as ov
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.rewrites.reading import put_slices
from ovxai_passes.rewrites.sink_rows import SinkRows, sink_rows


def trim(model: ov.Model, mixed: set[str]) -> SinkRows:
    """Trim a model in place; returns the pass, with its counts.

    `mixed`: unique names of the operations after which the rows may be sliced, because positions are mixed there.
    """
    graph = ModelGraph(model)
    known = {node.get_name() for node in graph.ops}
    tensors = [
        (place, port)
        for place, node in enumerate(graph.ops)
        if node.get_name() in mixed
        for port in range(node.get_output_size())
    ]

    def stop(output: ov.Output) -> bool:
        name = output.get_node().get_name()
        return (name in known and name not in mixed) or _is_read_otherwise(model, output.get_node())

    slices = put_slices(graph, tensors)
    done = sink_rows(model, slices, stop)
    model.validate_nodes_and_infer_types()
    return done


def _is_read_otherwise(model: ov.Model, node: ov.Node) -> bool:
    """Whether anything that still leads to a result reads a node's tensors, other than one Slice."""
    alive = {op.get_name() for op in model.get_ops()}
    readers = [
        reader.get_node()
        for output in node.outputs()
        for reader in output.get_target_inputs()
        if reader.get_node().get_name() in alive
    ]
    return len(readers) != 1 or readers[0].get_type_name() != "Slice"
