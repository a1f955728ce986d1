"""The module with maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from ovxai_passes.errors import OptionError
from ovxai_passes.model_info.outputs import CLASSES_NAME, OUTPUT_NAME
from ovxai_passes.options import Options
from ovxai_passes.torch_modules.maps import OF_ROWS, scaled
from ovxai_passes.torch_modules.splitting import Parts
from ovxai_passes.vocabulary import Method, Scaling

PREDICTION = "prediction"
"""The name of what the module itself gives."""

_MOST_NUMBERS = 2**26  # in a target under masks that are run together


@dataclass(frozen=True)
class MapPlan:
    """How maps are made of what `parts` give. `shape`: of one picture; `grid`: (h, w); `classes`: how many there are.

    `masks`: [P,...] of the rank of the target. `rows`: of a class-agnostic method the places of the positions, in
    raster order, among the elements along the axes `along` of the target. `chosen`, `top_k`: see `Target`.
    """

    parts: Parts
    method: Method
    shape: tuple[int, ...]
    grid: tuple[int, int]
    classes: int
    scaling: Scaling
    masks: npt.NDArray[np.float32] | None = None
    rows: npt.NDArray[np.int64] | None = None
    along: tuple[int, ...] = ()
    chosen: tuple[int, ...] | None = None
    top_k: int | None = None


class Explained(torch.nn.Module):
    """A module that gives {"prediction": ..., "saliency_map": ...}, and with top_k "saliency_classes".

    It shares the parameters of the module that it is made of, and runs as that does in evaluation mode. Maps have no
    gradients. Where `make` is given, it is called at the first forward, with the input.
    """

    has_xai = True

    def __init__(
        self,
        options: Options,
        plan: MapPlan | None = None,
        make: Callable[[torch.Tensor], MapPlan] | None = None,
    ) -> None:
        super().__init__()
        self.options = options
        self._make = make
        self._plan = plan
        if plan is not None:
            self._set(plan)

    def _set(self, plan: MapPlan) -> None:
        self._plan = plan
        self.body = plan.parts.body
        self.head = plan.parts.head
        if plan.masks is not None:
            self.register_buffer("masks", torch.from_numpy(plan.masks.copy()), persistent=False)
        if plan.rows is not None:
            self.register_buffer("rows", torch.from_numpy(plan.rows.copy()), persistent=False)
        if plan.chosen is not None:
            self.register_buffer("chosen", torch.tensor(plan.chosen), persistent=False)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """What the module gives for pictures [N,...], and the maps."""
        plan = self._plan
        if plan is None:
            if _is_recorded():
                raise OptionError("run the module once before it is exported, or give example_input to insert_xai")
            assert self._make is not None, "either is given"
            plan = self._make(x)
            self._set(plan)
        if not _is_recorded() and tuple(x.shape[1:]) != plan.shape:
            raise OptionError(
                f"maps are inserted for inputs of [N, {', '.join(map(str, plan.shape))}], not {list(x.shape)}: insert "
                "them into the module again, for such an input"
            )
        shown, target, *sides = self.body(x)
        found = {PREDICTION: shown}
        if _is_recorded():  # a change of mode would be recorded, too
            return found | self._maps(plan, shown, target, sides)
        with torch.no_grad():
            return found | self._maps(plan, shown, target, sides)

    def _maps(
        self, plan: MapPlan, shown: torch.Tensor, target: torch.Tensor, sides: list[torch.Tensor]
    ) -> dict[str, torch.Tensor]:
        found = {}
        raw = self._of_features(plan, target) if plan.masks is None else self._of_scores(plan, target, sides)
        if plan.top_k is not None:
            best = shown.reshape(-1, plan.classes).topk(plan.top_k, 1).indices
            raw = raw.gather(1, best[:, :, None].expand(-1, -1, raw.shape[2]))
            found[CLASSES_NAME] = best
        maps = raw.unflatten(-1, plan.grid)
        if plan.scaling is not Scaling.NONE:
            maps = scaled(maps, plan.scaling is Scaling.JOINT)
        return {OUTPUT_NAME: maps} | found

    def _of_features(self, plan: MapPlan, target: torch.Tensor) -> torch.Tensor:
        """Class-agnostic maps [N,P]."""
        channels = [axis for axis in range(1, target.ndim) if axis not in plan.along]
        moved = target.permute(0, *plan.along, *channels).flatten(1, len(plan.along))
        return OF_ROWS[plan.method](moved.flatten(2).index_select(1, self.rows))

    def _of_scores(self, plan: MapPlan, target: torch.Tensor, sides: list[torch.Tensor]) -> torch.Tensor:
        """Class scores [N,K,P] under each mask."""
        images = 1 if _is_recorded() else len(target)
        together = max(1, _MOST_NUMBERS // max(images * target[0].numel(), 1))
        scores = [scores_under(plan.parts, masks, target, sides, plan.classes) for masks in self.masks.split(together)]
        whole = torch.cat(scores).permute(1, 2, 0)
        return whole if plan.chosen is None else whole.index_select(1, self.chosen)


def scores_under(
    parts: Parts, masks: torch.Tensor, target: torch.Tensor, sides: Sequence[torch.Tensor], classes: int
) -> torch.Tensor:
    """Class scores [P,N,K] of a head under masks [P,...]. All pairs of mask and picture are one batch."""
    count = masks.shape[0]

    def repeated(value: torch.Tensor) -> torch.Tensor:
        return value.repeat(count, *(1,) * (value.ndim - 1))

    whole = masks[:, None].expand(-1, target.shape[0], *masks.shape[1:]).flatten(0, 1)
    others = [repeated(side) if per else side for side, per in zip(sides, parts.per_picture, strict=True)]
    assert parts.head is not None, "the method masks positions"
    return parts.head(repeated(target), whole, *others).reshape(count, -1, classes)


def _is_recorded() -> bool:
    """Whether operations are recorded for another format rather than run."""
    return bool(torch.jit.is_tracing() or torch.compiler.is_exporting())
