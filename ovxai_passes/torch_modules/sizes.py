"""What a graph with any batch says of sizes: which are multiples of the batch."""

from __future__ import annotations

from typing import Any

import torch

from ovxai_passes.errors import OptionError


def is_size(node: torch.fx.Node) -> bool:
    """Whether a node gives a size that follows the batch."""
    size = node.meta.get("val")
    return isinstance(size, torch.SymInt) and multiple_of_batch(size) != 0


def multiple_of_batch(size: Any) -> int | None:
    """C where a size is c times the batch, 0 where it is a number, None where it is anything else."""
    if not isinstance(size, torch.SymInt):
        return 0
    expression = size.node.expr
    symbols = list(expression.free_symbols)
    if not symbols:
        return 0
    factor = expression.coeff(symbols[0]) if len(symbols) == 1 else None
    if factor is None or not factor.is_Integer or expression != factor * symbols[0]:
        return None
    return int(factor)


def batch_in(node: torch.fx.Node) -> bool:
    """Whether a tensor holds one part for each picture along its first axis. Raises OptionError for other axes."""
    factors = [multiple_of_batch(size) for size in node.meta["val"].shape]
    if not any(factor != 0 for factor in factors):
        return False
    if not factors[0] or any(factor != 0 for factor in factors[1:]):
        raise OptionError(
            f"the module keeps pictures along another axis than the first ({node.name}, "
            f"{list(node.meta['val'].shape)}): convert it (openvino.convert_model) and explain that"
        )
    return True
