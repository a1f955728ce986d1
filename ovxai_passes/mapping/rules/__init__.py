"""Mapping rules: one file a family of operations.

A rule is a function (context, node, inputs, ones) → values. `inputs`: the values of the node's inputs; at least one is
not Invariant. `ones`: the node's outputs where the mask is 1 everywhere, which are the original model's tensors. It
raises NoRuleError where it does not apply. In the docstrings, Positionwise and Batched begin what is done with such an
input.

Order: `along_axes` (its `pool`) ← `convolution`; `joining` ← `movement`; `elementwise`, `matmul` and `batch` (what has
no rule) stand alone.
"""
