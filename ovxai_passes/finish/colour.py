"""A map in colours, a picture beside it.

    C[n,k,p] = table[U[n,k,p]]        U: levels 0..255; table: u8 [256,3], RGB

    U ─▶ Convert i32 ─▶ Gather from the table ─▶ C [N,k,h,w,3] u8

Of a method with one map for all classes C is [N,h,w,3].
"""

from __future__ import annotations

import numpy as np
import openvino as ov
from openvino import opset13 as ops

from ovxai_passes.finish.colour_tables import colour_table
from ovxai_passes.finish.scale import levels_of
from ovxai_passes.ops.branch import Branch, copied, map_of, with_picture
from ovxai_passes.vocabulary import Colormap


def coloured(branch: Branch, kind: Colormap, name: str) -> Branch:
    """A branch with one more result, the scaled map of `branch` in colours; `branch` is left as it is."""
    made = copied(branch)
    return with_picture(made, colours_of(levels_of(map_of(made)), kind), name)


def colours_of(levels: ov.Node, kind: Colormap) -> ov.Node:
    """Levels [...] u8 in colours [...,3] u8, RGB."""
    table = ops.constant(np.array(colour_table(kind)))
    return ops.gather(table, ops.convert(levels, "i32"), ops.constant(0))
