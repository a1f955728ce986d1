"""Reading a model and what it says of itself, and writing that.

`rt_info`, `outputs` (their names), `maps` (that a model has), `checksum` and `read` (files), `shapes` (stated for
inputs), `labels` (of classes), `preparation` (of pictures), `told` (what a model is told of itself),
`class_scores` (read from outputs) and `tensor_values` (of an inference), `clients` (what they take), `recorded` (a map
that is there).
"""
