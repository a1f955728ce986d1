"""What each built-in pattern proposes of a detector, and which of it dataflow finds as well."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.detector.class_heads import ClassHeads
from ovxai_patterns.detector.detector import Detector
from ovxai_patterns.detector.instances import Masks, Prototypes, find_instances
from ovxai_patterns.detector.naming import BY_LEVEL, CLASS_HEADS, Bound, find_bound
from ovxai_patterns.matchers.pattern import GraphPattern
from ovxai_patterns.matchers.region_heads import MaskPrototypes, RoiHead


@dataclass(frozen=True)
class Proposals:
    """Of one pattern: the sets of tensors that it binds and dataflow finds, and those that are `false`."""

    pattern: str
    accepted: tuple[Bound, ...]
    false: tuple[Bound, ...]


def list_proposals(analysis: ModelAnalysis, trusted: bool = False) -> tuple[Proposals, ...]:
    """The proposals of each pattern that binds anything. `trusted`: the model is known to be a detector.

    Of a pattern with a match a level, a match is accepted that binds one of the levels; of others, all of them.
    """
    detector = analysis.get(Detector)
    heads, instances = detector.class_heads(trusted), analysis.get(find_instances)
    levels = frozenset(level.tensor for level in heads.levels) if isinstance(heads, ClassHeads) else frozenset()
    masks: Bound = frozenset()
    if isinstance(instances, Masks):
        masks = frozenset((instances.masks,))
    elif isinstance(instances, Prototypes):
        masks = frozenset((instances.detections, instances.prototypes))
    told = [(pattern, levels) for pattern in CLASS_HEADS]
    told += [(MaskPrototypes, masks), (RoiHead, frozenset(detector.regions))]
    listed = (_compared(pattern, analysis.get(find_bound, pattern), found) for pattern, found in told)
    return tuple(one for one in listed if one.accepted or one.false)


def _compared(pattern: type[GraphPattern], bound: tuple[Bound, ...], found: Bound) -> Proposals:
    accepted = [one for one in bound if one == found or (pattern in BY_LEVEL and one <= found)]
    return Proposals(pattern.name, tuple(accepted), tuple(one for one in bound if one not in accepted))
