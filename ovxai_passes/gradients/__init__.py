"""Gradients of a network as a graph: reverse-mode differentiation, in forward operations only.

`probe` (which dynamic sizes are never 1), `context` (what rules share), `weights` (read a second time), `windows`
(padding, and transposed convolutions); `rules` (a sub-package: one file a family of operations); `walk` (the backward
walk), `cut` (what it built, as a branch), `backward` (the pass, and `vjp`).
"""
