"""Mapping rules: one file a family of operations.

A rule is a function (context, node, inputs, ones) → values. `inputs`: the values of the node's inputs; at least one is
not Invariant. `ones`: the node's outputs where the mask is 1 everywhere, which are the original model's tensors. It
raises NoRuleError where it does not apply. In the modules' docstrings, Positionwise and Batched begin what is done with
such an input.

`elementwise`, `joining` (Concat), `movement`, `along_axes` (norms, reductions), `matmul` (attention, too),
`convolution`, `batch` (what has no rule, run on all masks as a batch).
"""
