"""A MatcherPass that only looks."""

from __future__ import annotations

import openvino as ov
from openvino.passes import Manager, Matcher, MatcherPass


class Finder(MatcherPass):
    """Collects the nodes at which a pattern matches; changes nothing.

    After a run over a model, `found` holds the match roots in the order of the visit. Register it in a
    `openvino.passes.Manager` of your own, or call `find_in`.
    """

    def __init__(self, pattern: ov.Node, name: str) -> None:
        super().__init__()
        found: list[ov.Node] = []

        def collect(matcher: Matcher) -> bool:  # a bound method here would keep the pass alive for ever
            found.append(matcher.get_match_root())
            return False

        self.found = found
        self.register_matcher(Matcher(pattern, name), collect)

    def find_in(self, model: ov.Model) -> list[ov.Node]:
        """Run over a model; returns `found`."""
        self.found.clear()
        manager = Manager()
        manager.register_pass(self)
        manager.run_passes(model)
        return self.found
