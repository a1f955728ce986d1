"""Patterns of several operations. They propose and name targets; the analysis decides.

`conditions` (of tensors), `op_versions` (names that OpenVINO knows), `pen` (draws), `pattern` (looks).

Of detectors: `head_parts` (what they are drawn of), `heads` (class scores of levels), `region_heads` (masks, regions).
"""
