"""Patterns of several operations. They propose and name targets; the analysis decides.

What patterns are made with: `conditions` (of tensors), `op_versions` (names that OpenVINO knows), `pen` (draws),
`pattern` (looks), `parts` (steps of paths, poolings, classifying layers). Patterns: `norms`, `attention`, `backbone`
(feature maps and how they are read), `blocks` (of transformers).
"""
