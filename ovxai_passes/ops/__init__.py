"""Nodes and constants that branches are made of, what plugins do to them, and what it costs.

`precision` (at which values are compared); `nodes` (questions about nodes, clones of them), `constants`; `branch` (what
is added to a model); `sizes` (read at inference), `gathering` (entries that each image chooses), `quantisation`
(FakeQuantize as arithmetic); `fence` (what keeps a device's precision), `fusions` (what plugins fuse: safe taps),
`sharing` (what they do once for two readers), `tapping` (a branch fed from safe taps), `connecting` (to the network);
`cost`.
"""
