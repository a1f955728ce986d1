"""Patterns of several operations. They propose and name targets; the analysis decides.

`conditions` (of tensors), `op_versions` (names that OpenVINO knows), `pen` (draws), `pattern` (looks).
"""
