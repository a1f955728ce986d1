"""Stages that extend the branch, after the raw map, in their order; the model is left as it is.

`scale`, `resize`, `threshold`, `round`; `shown` (what pictures ask of a model), `colour`, `overlay`; `pool`.
"""
