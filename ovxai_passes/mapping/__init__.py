"""The exact branch: a head that finds its scores under all masks at once, by a walk over its operations.

`values` (Invariant, Positionwise, Batched), `weights` (of masks, as nodes), `context` (what rules share), `occurrences`
(rows that stand several times); `rules` (a sub-package: one file a family of operations); `narrow` (the head without
rows that nobody reads), `as_map` (scores as a map), `walk`.
"""
