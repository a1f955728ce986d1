"""A module with maps: converted, explained there, and the branch made of the module's own operations."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import torch
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.positions import Positions

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.head.masks import target_masks
from ovxai_passes.methods.spec import Reads
from ovxai_passes.methods.target import Target
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.passes.state import InsertionState, left
from ovxai_passes.torch_modules.checks import check_module, check_options, checked_example, evaluated
from ovxai_passes.torch_modules.explained import Explained, MapPlan, scores_under
from ovxai_passes.torch_modules.exporting import converted, exported, flat
from ovxai_passes.torch_modules.locating import located
from ovxai_passes.torch_modules.maps import OF_ROWS
from ovxai_passes.torch_modules.matching import Match, closest, find
from ovxai_passes.torch_modules.splitting import MaskedNodes, Parts, body_of, split

_log = logging.getLogger(__name__)

Array = npt.NDArray[Any]

_CLOSE = 1e-3  # of the range of scores


@dataclass(frozen=True)
class _Found:
    """A module in both forms, and what was found in the converted one. `picture`: a batch of two, of noise."""

    model: ov.Model
    graph: torch.fx.GraphModule
    picture: torch.Tensor
    state: InsertionState
    target: Target


def explained_module(module: torch.nn.Module, options: Options, example: Any = None) -> torch.nn.Module:
    """A module with maps; without an example, they are inserted at its first forward.

    `module` is left as it is, in the mode that it is in. One that has maps is returned as it is, unless options ask for
    others. Raises OptionError, TargetNotFoundError, TooCostlyError.
    """
    if isinstance(module, Explained):
        if options.asked() not in ({}, module.options.asked()):
            raise OptionError("the module has maps already, made with other options: give the module without them")
        _log.warning("the module has maps already and is returned as it is")
        return module
    check_options(options)
    check_module(module)
    if example is None:
        return Explained(options, make=lambda picture: plan_of(module, options, picture))
    return Explained(options, plan_of(module, options, example))


def plan_of(module: torch.nn.Module, options: Options, example: Any) -> MapPlan:
    """How maps of a module are made, for inputs like an example. Raises as `explained_module`."""
    picture = checked_example(example)
    with evaluated(module):
        whole = flat(module, picture)
        graph = exported(whole, picture)
        model = converted(whole, picture)
        state = located(model, module, picture, options)
        target = left(state.target, "target", "Locate")
        return _plan(_Found(model, graph, picture, state, target), options)


def _plan(found: _Found, options: Options) -> MapPlan:
    target, method = found.target, left(found.state.method, "method", "Locate")
    site = left(target.site, "site of a classifier", "Locate")
    masks = method.reads is Reads.MASKED_HEAD
    if not masks and method.name not in OF_ROWS:
        raise OptionError(f"method {method.name.value!r} is not there for torch modules: convert the module first")
    if options.effective_scaling.keeps_zero:
        raise OptionError(
            f"scaling {options.effective_scaling.value!r} is not there for torch modules: convert the module first"
        )
    graph = ModelGraph(found.model)
    sources = dict.fromkeys([target.layer, *(graph.inputs_of(place)[port] for place, port in site.masked)])
    tensors = [*sources, site.scores.tensor, site.scores.shown] if masks else [target.layer, site.scores.shown]
    values = tensors_at(found.model, tensors, [found.picture.numpy()])
    matches = find(found.graph, found.picture, values)
    for tensor, match in zip(tensors, matches, strict=True):
        if match is None:
            name = graph.ops[tensor[0]].get_friendly_name()
            raise TargetNotFoundError(
                f"no tensor of the module's own operations has the values of {name!r}, which maps would be made from: "
                "name another layer (target_layer=), or convert the module and explain that (openvino.convert_model)"
            )
    known = [match for match in matches if match is not None]
    plan = MapPlan(
        parts=Parts(found.graph, None),
        method=method.name,
        shape=tuple(found.picture.shape[1:]),
        grid=target.grid,
        classes=target.classes,
        scaling=options.effective_scaling,
        chosen=target.chosen,
        top_k=target.top_k,
    )
    outputs = [_prediction(found.graph, values[-1], found.picture, known[-1]), known[0].node]
    if not masks:
        positions = left(target.feature, "feature map", "Locate").positions
        rows, along = _rows(known[0], positions)
        return replace(plan, parts=Parts(body_of(found.graph, outputs), None), rows=rows, along=along)
    region = graph.region(target.layer, site.scores.tensor)
    readers = {edge for edge in graph.consumers(target.layer) if edge[0] in region}
    masked = MaskedNodes(known[0].node, tuple(one.node for one in known[1:-2]), readers <= set(site.masked))
    weights = target_masks(left(target.mask, "mask", "Locate"), site.positions)[:, 0]
    parts = split(found.graph, masked, known[-2].node, outputs)
    plan = replace(plan, parts=parts, masks=np.ascontiguousarray(known[0].arranged(weights)))
    _check(plan, found, weights)
    return plan


def _prediction(graph: torch.fx.GraphModule, shown: Array, picture: torch.Tensor, match: Match) -> torch.fx.Node:
    """The output of the module that holds what is looked for, else the node that it was found at."""
    outputs = next(node for node in graph.graph.nodes if node.op == "output").all_input_nodes
    values = [value.numpy() for value in body_of(graph, outputs)(picture)]
    same = [node for node, value in zip(outputs, values, strict=True) if value.size == shown.size]
    sized = [value.reshape(shown.shape) for value in values if value.size == shown.size]
    place = closest(shown, sized)
    return match.node if place is None else same[place]


def _rows(match: Match, positions: Positions) -> tuple[npt.NDArray[np.int64], tuple[int, ...]]:
    """The rows of the positions in raster order, and the axes along which they lie. Raises OptionError."""
    ids = match.arranged(positions.ids)
    along = tuple(axis for axis in range(1, ids.ndim) if ids.shape[axis] > 1)
    flat_ids = ids.reshape(-1)
    order = np.argsort(flat_ids, kind="stable")[int((flat_ids < 0).sum()) :]
    if order.size != positions.grid[0] * positions.grid[1]:
        raise OptionError(
            f"in the module, positions and channels of {match.node.name} lie on one axis: name another layer "
            "(target_layer=), or convert the module and explain that (openvino.convert_model)"
        )
    return order.astype(np.int64), along


def _check(plan: MapPlan, found: _Found, weights: Array) -> None:
    """Raises TargetNotFoundError where the module's head gives others than that of the converted module under masks."""
    head = left(found.state.head, "head of a classifier", "Cut")
    assert plan.masks is not None, "the method masks positions"
    given = tensors_at(found.model, [found.target.layer, *head.sides], [found.picture.numpy()])
    request = ov.compile_model(head.model, "CPU", F32).create_infer_request()
    _, target, *sides = plan.parts.body(found.picture)
    for place in (0, len(weights) // 2):
        mask = weights[place : place + 1].astype(given[0].dtype)
        wanted = request.infer([given[0], mask, *given[1:]])[0]
        masks = torch.from_numpy(plan.masks[place : place + 1])
        scores = scores_under(plan.parts, masks, target, sides, plan.classes)[0].numpy()
        if np.abs(scores - wanted).max() > _CLOSE * float(np.ptp(wanted)):
            raise TargetNotFoundError(
                "under a mask the module's own operations give other class scores than what it is converted to: name "
                "another layer (target_layer=), or convert the module and explain that (openvino.convert_model)"
            )
