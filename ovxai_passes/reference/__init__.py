"""The definitions of maps, computed the slow way: what branches are compared with. The passes never use them.

`comparing`, `scaling`, `feature_vector`; `given` (what a definition is computed from), `masked`; a definition for each
method, of the same name: `activation_map`, `class_probability`, `instance_masks`, `reciprocam`, `vit_reciprocam`;
`lookup` finds that of a method.
"""
