"""Patterns of several operations: a MatcherPass that looks, names what it sees, and says why it nearly saw something.

A pattern is drawn with a `Pen`, from the inputs down; what is drawn last is the root. OpenVINO's own matcher looks for
it (WrapType, Or, AnyInput and predicates). What a tree can not say, that two of its tensors are one, or that the size
of one is that of another, says `check`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar
from weakref import ref

import openvino as ov
from openvino.passes import Manager, Matcher, MatcherPass

from ovxai_patterns.matchers.near_miss import NearMiss, Watch
from ovxai_patterns.matchers.pen import Pen

DATAFLOW = "dataflow"
"""What found a target where no pattern names it."""


@dataclass(frozen=True)
class Match:
    """One place at which a pattern matches: the root, and the tensors that it names.

    `bound`: all tensors of each name that is bound here, in the order that they were drawn.
    """

    pattern: str
    root: ov.Node
    bound: Mapping[str, tuple[ov.Output, ...]]

    @property
    def tensors(self) -> dict[str, ov.Output]:
        """One tensor of each name, the last that was drawn."""
        return {name: found[-1] for name, found in self.bound.items()}

    def __getitem__(self, name: str) -> ov.Output:
        """The tensor of a name that the pattern always binds."""
        return self.bound[name][-1]


class GraphPattern(MatcherPass):
    """A pattern of several operations; changes nothing. A subclass draws itself.

    After a run over a model `matches` holds a Match for each root, in topological order. Register it in an
    `openvino.passes.Manager` of your own, or call `find_in`. With `watched=True`, which is slower, `near_miss` then
    tells of the attempts that failed the one that got furthest. `name`: that of the class, or one that it gives itself.
    `names`: those that it may bind.
    """

    name: ClassVar[str] = "GraphPattern"

    def __init_subclass__(cls) -> None:
        """A pattern without a name of its own has that of its class."""
        super().__init_subclass__()
        cls.name = cls.__dict__.get("name", cls.__name__)

    def __init__(self, watched: bool = False) -> None:
        super().__init__()
        watch, matches, raised = Watch(), list[Match](), list[Exception]()
        once = not watched and getattr(self.draw, "__self__", None) is type(self)
        root, names, counted = _drawn_once(self.draw) if once else _drawn(self.draw, watch if watched else None)
        name, check = self.name, self.check
        self.matches, self.names, self._watch, self._raised = matches, frozenset(names), watch, raised

        def collect(matcher: Matcher) -> bool:  # a bound method here would keep the pass alive for ever
            values, start = matcher.get_pattern_value_map(), matcher.get_match_root()
            bound = {key: tuple(values[node] for node in nodes if node in values) for key, nodes in names.items()}
            match = Match(name, start, {key: found for key, found in bound.items() if found})
            try:
                problem = check(match)
            except Exception as error:
                raised.append(error)  # OpenVINO makes a RuntimeError of it, with the text alone
                raise
            if problem:
                watch.failed(0, start.output(0), problem)
            else:
                matches.append(match)
            watch.ended(start.output(0) if problem else None)
            return False

        self._matcher = Matcher(root, name)
        if watched:
            matcher = ref(self._matcher)  # the matcher keeps the drawing, which keeps the watch
            watch.bound = lambda: _bound(matcher(), counted)
        self.register_matcher(self._matcher, collect)

    def draw(self, pen: Pen) -> ov.Node:
        """Draw the pattern, from its inputs down; returns the root. A class method is called once for all passes."""
        raise NotImplementedError

    @staticmethod
    def check(match: Match) -> str:
        """Why a match is none after all; empty where it is one. It ends the sentence "<the root> ..."."""
        return ""

    @property
    def near_miss(self) -> NearMiss | None:
        """The failed attempt that got furthest, of a pass that was made with `watched=True`."""
        return self._watch.nearest

    def find_in(self, model: ov.Model) -> list[Match]:
        """Run over a model; returns `matches`. What a condition or `check` raises, it raises, too.

        A Manager looks into bodies of loops and conditionals as well; what it matches there is left out.
        """
        self.matches.clear()
        self._raised.clear()
        manager = Manager()
        manager.register_pass(self)
        try:
            manager.run_passes(model)
        except RuntimeError:
            if self._raised:
                raise self._raised[0] from None
            raise
        if self.matches:
            own = {node.get_name() for node in model.get_ops()}
            self.matches[:] = [match for match in self.matches if match.root.get_name() in own]
        return self.matches


def _bound(matcher: Matcher | None, counted: list[ov.Node]) -> int:
    """How many of these nodes a matcher has bound at this moment."""
    values = {} if matcher is None else matcher.get_pattern_value_map()
    return sum(node in values for node in counted)


_Drawing = tuple[ov.Node, Mapping[str, list[ov.Node]], list[ov.Node]]
"""The root of a pattern, the nodes of each name, and those that tell how far an attempt gets."""


@lru_cache(maxsize=64)  # bounded: it keeps the classes, and a user may make them in a loop
def _drawn_once(draw: Callable[[Pen], ov.Node]) -> _Drawing:
    """The drawing of a pattern. Its nodes keep nothing of a match, so passes share them: drawing takes longest."""
    return _drawn(draw, None)


def _drawn(draw: Callable[[Pen], ov.Node], watch: Watch | None) -> _Drawing:
    pen = Pen(watch)
    root = draw(pen)
    if not isinstance(root, ov.Node):  # OpenVINO's matcher would crash
        raise TypeError(f"draw() returns what was drawn last, not {root!r}")
    pen.measure(root)
    return root, pen.names, pen.counted
