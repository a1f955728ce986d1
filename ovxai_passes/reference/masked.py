"""The definition of methods that mask positions: the head is compiled alone and run once for every mask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from ovxai_patterns.analysis.positions import Positions
from ovxai_patterns.classifier.site import Site

from ovxai_passes.head.cut import Head
from ovxai_passes.head.masks import one_target_mask
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.heads import compiled_head
from ovxai_passes.vocabulary import Mask

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float32]


def masked_definition(given: Given) -> Floats:
    """The raw map [N,K,P] f32 of the positions and classes that are asked for."""
    target, head = given.target, given.head
    assert target.site is not None, "a classifier has a site"
    assert target.mask is not None, "the method masks positions"
    assert head is not None, "a classifier has a head"
    values = given.read([target.layer, *head.sides])
    scores = masked_scores(head, target.mask, target.site.positions, values, given.places).transpose(1, 2, 0)
    return scores if given.classes is None else np.take_along_axis(scores, given.classes[:, :, None], 1)


def empty_scores(head: Head, positions: Positions, inputs: Sequence[Array]) -> Floats:
    """Class scores [N,K] f32 of the head where every position is masked; kept tokens stay."""
    compiled = compiled_head(head)
    weights = np.where(positions.ids >= 0, 0, 1).astype(inputs[0].dtype)
    return np.array(compiled([inputs[0], weights, *inputs[1:]])[0], np.float32)


def masked_scores(
    head: Head, mask: Mask, positions: Positions, inputs: Sequence[Array], chosen: Sequence[int] | None = None
) -> Floats:
    """Class scores [P,N,K] f32 of the head under each mask (or those of the `chosen` positions, in raster order).

    `inputs`: the target and the head's sides, as `tensors_at` gives them.
    """
    compiled = compiled_head(head)
    total = positions.grid[0] * positions.grid[1]
    request = compiled.create_infer_request()
    rows = []
    for place in range(total) if chosen is None else chosen:
        weights = one_target_mask(mask, positions, place).astype(inputs[0].dtype)
        request.infer([inputs[0], weights, *inputs[1:]])
        rows.append(np.array(request.get_output_tensor(0).data, np.float32))
    return np.stack(rows)


def defined_map(site: Site, head: Head, mask: Mask, inputs: Sequence[Array]) -> Floats:
    """The raw map [N,K,h,w] f32, by definition."""
    scores = masked_scores(head, mask, site.positions, inputs)
    return scores.transpose(1, 2, 0).reshape(*scores.shape[1:], *site.positions.grid)
