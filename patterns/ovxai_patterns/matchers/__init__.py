"""Patterns of several operations. They propose and name targets; the analysis decides.

What patterns are made with: `conditions` (of tensors), `op_versions` (names that OpenVINO knows), `near_miss` (why
nothing matched), `pen` (draws), `pattern` (looks). Of classifiers: `parts` (what they are drawn of), `norms`,
`attention`, `backbone` (feature maps and how they are read), `blocks` (of transformers). Of detectors: `head_parts`
(what they are drawn of), `heads` (class scores of levels), `region_heads` (masks, regions).
"""
