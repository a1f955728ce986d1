"""Mapping rules: one file a family of operations.

A rule is a function (context, node, inputs, ones) → values. `inputs`: the values of the node's inputs; at least one is
not Same. `ones`: the node's outputs where the mask is 1 everywhere, which are the original model's tensors. It raises
NoRuleError where it does not apply.
"""
