"""Patterns over the graph, as MatcherPasses that only look.

`finder`: the pass that collects matches; the patterns themselves stand where what they propose is confirmed.
"""
