"""The graph of an insertion, drawn: target, branches, read-out and original head, with long stretches folded.

`diagram` (boxes and edges), `folding` (operations to boxes), `network` and `insertion` (what is drawn), `layout` (where
boxes lie), `svg` (their text), `plot_file`.
"""
