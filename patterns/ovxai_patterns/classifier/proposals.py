"""What patterns propose as the target of a classifier, and what the analysis says of it.

Patterns propose in order; the first proposal that is what its pattern says, and the target, names the target. A
proposal costs a look at the graph alone; where none is accepted, dataflow finds the target as if there were none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ovxai_patterns.analysis.graph import TensorId
from ovxai_patterns.analysis.layout import movement_chain
from ovxai_patterns.classifier.facts import ClassifierFacts
from ovxai_patterns.matchers.attention import AttentionPooling, ClassAttention
from ovxai_patterns.matchers.backbone import FlattenedReadOut, LastFeatureMap, ScoresPooledLast
from ovxai_patterns.matchers.blocks import ParallelBlock, PostNormBlock, PreNormBlock, WindowedBlock
from ovxai_patterns.matchers.pattern import GraphPattern


class Says(Enum):
    """What a pattern says of the tensor that it binds as `target`."""

    READ_OUT = "all positions of it are read out at once"
    ATTENDED = "an attention reads its positions out"
    BLOCK = "a block of attention starts at it"


Patterns = tuple[tuple[type[GraphPattern], Says], ...]

PATTERNS: Patterns = (
    (LastFeatureMap, Says.READ_OUT),
    (ScoresPooledLast, Says.READ_OUT),
    (FlattenedReadOut, Says.READ_OUT),
    (AttentionPooling, Says.ATTENDED),
    (WindowedBlock, Says.BLOCK),
    (PreNormBlock, Says.BLOCK),
    (ClassAttention, Says.ATTENDED),
    (PostNormBlock, Says.BLOCK),
    (ParallelBlock, Says.BLOCK),
)
"""The patterns of classifiers, in the order in which they are asked."""


@dataclass(frozen=True)
class Proposal:
    """A target that a pattern proposes. `norm`: the result of a block's first norm, where the pattern binds one."""

    pattern: str
    says: Says
    target: TensorId
    norm: TensorId | None = None


def proposals_of(facts: ClassifierFacts, kind: type[GraphPattern], says: Says) -> list[Proposal]:
    """The proposals of one pattern, the deepest first."""
    graph, found = facts.graph, list[Proposal]()
    for match in kind().find_in(graph.model):
        norm = match.tensors.get("norm")
        found.append(
            Proposal(match.pattern, says, graph.id_of(match["target"]), None if norm is None else graph.id_of(norm))
        )
    return sorted(found, key=lambda one: one.target, reverse=True)


def accepted_proposal(facts: ClassifierFacts, patterns: Patterns = PATTERNS) -> Proposal | None:
    """The first proposal that names the target.

    Patterns that say something else of it than how the analysis finds it read are not asked.
    """
    wanted = _read_out(facts)
    everything = (one for kind, says in patterns if says is wanted for one in proposals_of(facts, kind, says))
    return next((one for one in everything if not why_not(facts, one)), None)


def why_not(facts: ClassifierFacts, proposal: Proposal) -> str:
    """Why a proposal does not name the target; empty where it does."""
    return next(_reasons(facts, proposal), "")


def is_right(facts: ClassifierFacts, proposal: Proposal) -> bool:
    """Whether a proposal is what its pattern says, be it the target or not: a block, or what is read out."""
    if proposal.says is Says.BLOCK:
        return not _block_problem(facts, proposal)
    if proposal.says is Says.ATTENDED:
        return proposal.target in _attended(facts)
    return not why_not(facts, proposal)


def _read_out(facts: ClassifierFacts) -> Says:
    """How the class scores read the target: as a class token does, by attention, or at once."""
    if facts.reads_class_token:
        return Says.BLOCK
    return Says.ATTENDED if _attended(facts) else Says.READ_OUT


def _reasons(facts: ClassifierFacts, proposal: Proposal) -> Iterator[str]:
    target = proposal.target
    problem = facts.shape_problem(target)
    if problem:
        yield problem
    elif proposal.says is Says.ATTENDED:
        if target not in _attended(facts)[-1:]:
            yield "is not the first tensor that an attention reads the positions from"
    elif target not in facts.dominators:
        yield "does not explain all class scores: other paths lead past it"
    elif target in facts.half_pooled:
        yield "is part of the read-out, which pools in two steps: rows or columns have ended before it"
    elif target not in facts.alive:
        yield "has positions, but none of them reaches the class scores"
    elif proposal.says is Says.BLOCK and _block_problem(facts, proposal):
        yield _block_problem(facts, proposal)
    elif proposal.says is not _read_out(facts):
        yield f"is read otherwise: {_read_out(facts).value}"
    elif proposal.says is Says.BLOCK:
        if facts.alive[0] != target:
            yield "is not the last block that reads positions"
    elif movement_chain(facts.layout, facts.alive[0]) != movement_chain(facts.layout, target):
        yield "is not the deepest layer that explains the class scores"


def _attended(facts: ClassifierFacts) -> list[TensorId]:
    """What attentions read positions from, the deepest first."""
    return [one.source for one in facts.read_outs if one.attention]


def _block_problem(facts: ClassifierFacts, proposal: Proposal) -> str:
    block = facts.blocks.starting_at(proposal.target)
    if block is None:
        return "starts no block of attention"
    if (block.norm.result if block.norm else None) != proposal.norm:
        return "starts a block with another first norm"
    return ""
