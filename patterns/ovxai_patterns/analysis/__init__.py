"""Facts of any model by dataflow, each module built on those before it.

`op_traits`, `near_names` (of misspelt ones), `graph` (tensors, edges, dominators), `folding` (values known before
inference), `movement` and `positions` (labels of elements), `assumed` (open shapes), `layout` (positions of every
tensor), `grid_maps` and `grid_source` (what tells a grid at inference), `influence` (what can change what),
`dequantised`; `model_analysis` keeps what was found.
"""
