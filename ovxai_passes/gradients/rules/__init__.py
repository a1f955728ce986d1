"""Gradient rules: one file a family of operations.

A rule is a function (context, node, cotangents) → gradients. `cotangents`: of the node's results, None where nothing
that is differentiated reads one; at least one is not None. It returns a gradient for each input, or None for one that
has none; inputs that are left out at the end have none. It need not make one where `context.needs` is false. It raises
`declined(node, reason)` where it does not apply.

`arithmetic` (two inputs, with broadcasting), `activations`, `functions` (of one input), `reductions`, `softmax`
(attention, too), `norms`, `linear` (MatMul, Einsum), `convolution`, `pooling`, `movement` (the same elements,
elsewhere), `selecting` (some of them), `scattering` (some replaced), `joining` (Concat, Split).
"""
