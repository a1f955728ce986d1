"""Gradients of a torch network that is converted, against torch.autograd.

Of the best class, for the picture and for the target of explanations (or the maps that the network returns). Where more
than one in 1000 entries is further away than 1e-3 of the largest one, torch tells whether rounding at kinks does that:
its gradient in f64 is taken again with noise on what each module returns, 2^-24 to 2^-20 of its root mean square, as
rounding to f32 has (of sums, too). An entry that this changes by half of what it is off, or more, is at a kink.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import openvino as ov
from openvino import opset13 as ops
from openvino.passes import Manager
from ovxai_patterns.analysis.graph import ModelGraph

from ovxai_passes.errors import OvxaiError
from ovxai_passes.gradients.backward import vjp
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.passes.locate import Locate
from ovxai_passes.passes.state import InsertionState
from ovxai_tools.checks import timm_zoo
from ovxai_tools.checks.gradient_sweep.networks import Network, network
from ovxai_tools.checks.gradient_sweep.torch_gradients import Array, Gradients, gradients

NEAR = 1e-3
"""How far an entry may be from another one, as a share of the largest."""
ENOUGH = 0.999
"""The share of the entries that are to be near."""
_NOISES = (2.0**-24, 2.0**-23, 2.0**-22, 2.0**-21, 2.0**-20)
_DRAWS = 3


@dataclass(frozen=True)
class Difference:
    """Of two gradients: the share of the entries that are near, and the largest difference over the largest entry."""

    share: float
    worst: float


def difference(found: Array, wanted: Array) -> Difference:
    """Of a gradient from another one, which is not 0."""
    apart = np.abs(found.astype(np.float64) - wanted) / np.abs(wanted).max()
    return Difference(float((apart <= NEAR).mean()), float(apart.max()))


def compare(name: str, tell: Callable[..., None]) -> None:
    """Tell the columns of a network's row, as they are found. Raises what converting and differentiating raise."""
    made = network(name)
    tell(origin=made.origin, parameters=sum(one.numel() for one in made.module.parameters()))
    picture = np.random.default_rng(0).standard_normal((1, *made.size)).astype(np.float32)
    wanted = gradients(made.module, picture)
    tell(status="not converted")
    model = timm_zoo.converted(made.module, size=made.size)
    tell(status="declined")
    layers = _layers(model, wanted, tell)
    found = _found(model, layers, picture, wanted)
    tell(status="different", operations=found.operations)
    of_torch = _OfTorch(made, picture, wanted)
    verdicts = [_verdict("picture", found.picture, of_torch, lambda one: one.picture, tell)]
    if layers:
        verdicts.append(_verdict("target", *_target(found, of_torch, tell), tell))
    tell(status=max(verdicts, key=_VERDICTS.index))


_VERDICTS = ("equal", "rounding", "different")


class _OfTorch:
    """What torch says of a picture: in f32, in f64, and in f64 with noise."""

    def __init__(self, made: Network, picture: Array, wanted: Gradients) -> None:
        self.wanted, self._picture = wanted, picture.astype(np.float64)
        self._module = made.module

    @cached_property
    def exact(self) -> Gradients:
        """In f64."""
        return gradients(self._module.double(), self._picture, self.wanted.best)

    def moved(self, draw: int) -> Gradients:
        """In f64, with noise on what modules return, which grows with every third draw."""
        share = _NOISES[draw // _DRAWS]
        return gradients(self._module.double(), self._picture, self.wanted.best, (share, draw))


def _verdict(
    of: str, found: Array, of_torch: _OfTorch, chosen: Callable[[Gradients], Array | None], tell: Callable[..., None]
) -> str:
    """Tell the columns of one gradient. `chosen`: the same of torch, None where noise has changed too much."""
    wanted = chosen(of_torch.wanted)
    assert wanted is not None
    own = difference(found, wanted)
    tell(**{f"{of}_share": own.share, f"{of}_worst": own.worst})
    if own.share >= ENOUGH:
        return "equal"
    exact = chosen(of_torch.exact)
    if exact is None:
        return "different"
    from_exact = difference(found, exact)
    tell(**{f"{of}_share_f64": from_exact.share})
    if from_exact.share >= ENOUGH:
        return "equal"
    tell(**{f"{of}_torch_f64": difference(wanted, exact).share})
    noise = _explaining(found, exact, lambda draw: chosen(of_torch.moved(draw)))
    tell(**{f"{of}_noise": noise})
    return "different" if noise is None else "rounding"


def _explaining(found: Array, exact: Array, moved: Callable[[int], Array | None]) -> float | None:
    """The least noise that moves what is off by half as much at least; None if none does."""
    apart, spread = np.abs(found.astype(np.float64) - exact), np.zeros(exact.shape)
    for draw in range(_DRAWS * len(_NOISES)):
        one = moved(draw)
        if one is None:
            break
        spread = np.maximum(spread, np.abs(one - exact))
        if float((apart <= NEAR * np.abs(exact).max() + 2 * spread).mean()) >= ENOUGH:
            return _NOISES[draw // _DRAWS]
    return None


def _layers(model: ov.Model, wanted: Gradients, tell: Callable[..., None]) -> list[ov.Output]:
    """The maps that are returned, or the target of explanations; none where there is no target."""
    if wanted.maps:
        layers = [model.outputs[1 + place].get_node().input_value(0) for place in range(len(wanted.maps))]
        tell(target=f"{len(layers)} maps")
        return layers
    state, manager = InsertionState(Options()), Manager()
    manager.register_pass(Locate(state))
    try:
        manager.run_passes(model)
    except OvxaiError as error:
        tell(reason=f"no target: {error}")
        return []
    assert state.target is not None
    layer = ModelGraph(model).output(state.target.layer)
    tell(target="x".join(map(str, layer.get_shape())))
    return [layer]


@dataclass(frozen=True)
class _Found:
    """Gradients of the model; `values`: of the layers; `led_on`: for the picture, by way of the only layer."""

    picture: Array
    layers: list[Array]
    values: list[Array]
    led_on: Callable[[], Array]
    operations: int


def _found(model: ov.Model, layers: Sequence[ov.Output], picture: Array, wanted: Gradients) -> _Found:
    scores = model.outputs[0]
    made = vjp(model, [scores, *layers], [model.inputs[0], *layers])
    best = np.eye(wanted.scores.shape[1], dtype=np.float32)[[wanted.best]]
    nothing = [np.zeros(layer.get_shape(), np.float32) for layer in layers]
    compiled = ov.compile_model(made, "CPU", F32)
    first = len(model.outputs)
    results = list(compiled([picture, best, *nothing]).values())[first:]

    def led_on() -> Array:
        return list(compiled([picture, 0 * best, results[1]]).values())[first]

    alone = ov.Model([ops.result(one) for one in layers], model.get_parameters()) if layers else None
    values = list(ov.compile_model(alone, "CPU", F32)([picture]).values()) if alone else []
    return _Found(results[0], results[1:], values, led_on, len(made.get_ops()))


def _target(
    found: _Found, of_torch: _OfTorch, tell: Callable[..., None]
) -> tuple[Array, _OfTorch, Callable[[Gradients], Array | None]]:
    """The gradient of the target, and which of torch's it is compared with.

    Maps are one behind the other. Of a target that no module returns, what is led on from it to the picture.
    """
    if of_torch.wanted.maps:
        return _joined(found.layers), of_torch, lambda one: _joined(one.maps)
    if of_torch.wanted.of(found.values[0]) is None:
        tell(reason="no module returns the target: its gradient is led on to the picture")
        return found.led_on(), of_torch, lambda one: one.picture
    return found.layers[0], of_torch, lambda one: one.of(found.values[0])


def _joined(maps: Sequence[Array]) -> Array:
    return np.concatenate([one.ravel() for one in maps])
