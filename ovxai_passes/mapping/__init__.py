"""The branch of a head under masks: exact, by a walk over its operations, or naive, by repeating it.

`values` (Invariant, Positionwise, Batched), `weights` (of masks, as nodes), `rows` (a feature map as
rows), `empty` (the scores of nothing), `filled` (of one position everywhere), `contrast` (between classes), `context`
(what rules share), `occurrences` (rows that stand several times); `rules` (a sub-package: one file a family of
operations); `narrow` (the head without rows that nobody reads), `as_map` (scores as a map), `walk` (the exact branch),
`repeat` (the naive one).
"""
