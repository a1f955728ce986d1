"""Does an augmented model do what it should? Compared with the original model and with the definition of the maps."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import openvino as ov
from ovxai_patterns.analysis.layout import picture_axes

from ovxai_passes.errors import VerificationError
from ovxai_passes.insert import Insertion
from ovxai_passes.model_info.outputs import OUTPUT_NAME, OVERLAY_NAME
from ovxai_passes.model_info.tensor_values import last_of, tensors_at
from ovxai_passes.ops.precision import F32
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from ovxai_passes.reference.contrast import contrast_definition
from ovxai_passes.reference.given import Given
from ovxai_passes.reference.lookup import definition_of
from ovxai_passes.vocabulary import Contrast, Method
from ovxai_tools.checks.verification.classes import classes_of_maps
from ovxai_tools.checks.verification.features import check_features, has_features
from ovxai_tools.checks.verification.gradients import check_gradient, vjp_of
from ovxai_tools.checks.verification.outputs import Case, check_outputs, has_state, random_case
from ovxai_tools.checks.verification.scores import check_unrounded
from ovxai_tools.checks.verification.shown import Shown, check_overlay, check_shown
from ovxai_tools.checks.verification.zero import wanted_from_zero

__all__ = ["Case", "random_case", "verify"]

Array = npt.NDArray[np.generic]

_PATIENCE = 10.0  # seconds of definition; beyond, positions are sampled
_SAMPLED = 64
_ROWS = 3
_OF_PIXELS = (64, 256)
_EARLIER = (101, 102)  # seeds


def verify(
    model: ov.Model, written: ov.Model, raw: Insertion, cases: Sequence[Case], made: Insertion | None = None
) -> list[str]:
    """Check `written`, the augmented `model` as read back from disk; returns what held, a line each.

    `raw`: the same insertion without scaling; `made`: with it, where options ask for more than each map's own. Checked
    for every case: original outputs bit-identical at f32 and at the device's default precision; each raw map equal to
    its definition; the written map equal to the raw one, scaled, and its pictures made of it; not every class's map
    constant; with a dynamic batch, pictures explained as they are alone.

    Raises VerificationError, also where the model itself does not run.
    """
    try:
        return _held(model, written, raw, cases, made)
    except RuntimeError as error:  # as OpenVINO's plugins raise them
        reason = _why_not_run(model, cases)
        if reason is None:
            raise
        raise VerificationError(
            f"the model itself does not run on this device, with or without maps: {reason}"
        ) from error


def _why_not_run(model: ov.Model, cases: Sequence[Case]) -> str | None:
    """What OpenVINO says of the model as it was given, or None where it runs."""
    try:
        for case in cases:
            ov.compile_model(model, "CPU", F32)(case.inputs)
    except RuntimeError as error:
        return str(error).strip().splitlines()[-1]
    return None


def _held(
    model: ov.Model, written: ov.Model, raw: Insertion, cases: Sequence[Case], made: Insertion | None
) -> list[str]:
    """What held, a line each; see `verify`."""
    held = []
    if len(written.outputs) == len(raw.model.outputs) - len(model.outputs):
        held.append("no original outputs to compare")
    else:
        held += check_outputs(model, written, cases, bool(raw.report.trimmed))
    maps = raw.of_each_map()
    for one in maps:
        if one.method.needs_mask and not one.state.options.keep_quantization:
            check_unrounded(model, one.site.scores.tensor)
    unscaled, shown_by = (ov.compile_model(one, "CPU", F32) for one in (raw.model, written))
    for case in _telling(model, maps, unscaled, cases):
        before = _before(model)
        results = _named(unscaled, last_of(unscaled, [*before, case.inputs]))
        shown = _named(shown_by, last_of(shown_by, [*before, case.inputs]))
        for one, shown_as in zip(maps, made.of_each_map() if made else [None] * len(maps), strict=True):
            name = f"{case.name}: {one.report.output}" if len(maps) > 1 else case.name
            held += _check_map(model, one, shown_as, replace(case, name=name), (results, shown))
        if has_features(written):
            held.append(check_features(model, raw, case, results, _before(model)))
    if model.inputs and _has_dynamic_batch(model) and not has_state(model):
        _check_rows(model, raw)
        held.append(f"random input: pictures of a batch of {_ROWS} explained as they are alone")
    return held


def _check_map(
    model: ov.Model,
    raw: Insertion,
    made: Insertion | None,
    case: Case,
    outputs: tuple[dict[str, Array], dict[str, Array]],
) -> list[str]:
    """Compare one map with its definition, and what is made of it. `outputs`: without scaling, and as it is written."""
    results, shown = outputs
    output = raw.report.output
    saliency = np.asarray(results[output], np.float32)
    if not np.isfinite(saliency).all():
        raise VerificationError(f"{case.name}: the map holds values that are not finite, as the head makes them")
    given = Given(
        raw.target,
        lambda tensors: tensors_at(model, tensors, case.inputs, _before(model)),
        picture_size(model, case.inputs),
        raw.state.head,
        multi_label=raw.state.options.multi_label,
        gradient_of=raw.state.options.differentiated,
        vjp=vjp_of(model, raw, case.inputs, _before(model)) if raw.method.takes_gradients else None,
    )
    given = replace(given, classes=classes_of_maps(raw, given, case.name, results))
    held = [f"{case.name}: map equal to the naive definition on {_check_definition(raw, given, case, saliency)}"]
    asked = _asked(model, case, made)
    if raw.method.takes_gradients:
        held.append(check_gradient(model, raw, given, case, _before(model)))
    scaling = asked.options.effective_scaling
    if scaling.keeps_zero:
        wanted, rounding = wanted_from_zero(raw, given, saliency, scaling)
        asked = replace(asked, wanted=wanted, rounding=rounding)
    held += check_shown(case.name, saliency, shown, asked, output)
    if asked.image is not None:
        held.append(_check_overlay(model, case, shown, asked))
    return [*held, _said_of_variation(raw, case, saliency)]


def _asked(model: ov.Model, case: Case, made: Insertion | None) -> Shown:
    """How the map of a case is to be shown."""
    if made is None:
        return Shown(Options())
    size = made.state.map_size
    shown_at = picture_size(model, case.inputs) if isinstance(size, str) else size
    return Shown(made.state.options, shown_at, made.state.image)


def _check_overlay(model: ov.Model, case: Case, shown: dict[str, Array], asked: Shown) -> str:
    saliency = shown[OUTPUT_NAME]
    levels = saliency if saliency.dtype == np.uint8 else np.asarray(saliency, np.float32) * 255
    place = next(place for place, node in enumerate(model.get_parameters()) if picture_axes(node) is not None)
    return check_overlay(case.name, levels.astype(np.uint8), case.inputs[place], shown[OVERLAY_NAME], asked)


def _telling(
    model: ov.Model, maps: Sequence[Insertion], compiled: ov.CompiledModel, cases: Sequence[Case]
) -> list[Case]:
    """The cases, and a larger random input where all maps are constant: to some models noise of 1 is all black.

    Raises VerificationError where every map of every class is constant for that, too.
    """

    def vary(case: Case) -> bool:
        results = _named(compiled, last_of(compiled, [*_before(model), case.inputs]))
        masks = Method.INSTANCEMASKS.value  # 0 where there are no instances
        return all(one.report.method == masks or _varies(results[one.report.output]) for one in maps)

    larger = (
        replace(random_case(model, scale=scale), name=f"random input, {scale} times as large") for scale in _OF_PIXELS
    )
    if any(vary(case) for case in cases):
        return list(cases)
    for case in larger:
        if vary(case):
            return [*cases, case]
    raise VerificationError("the map of every class is constant for every input, so it shows nothing")


def _said_of_variation(raw: Insertion, case: Case, saliency: npt.NDArray[np.float32]) -> str:
    if raw.report.method == Method.INSTANCEMASKS.value and not saliency.any():
        return f"{case.name}: no instances, so the maps are 0"
    return f"{case.name}: map {'not ' if _varies(saliency) else ''}constant"


def _varies(saliency: Array) -> bool:
    """Whether a map differs anywhere; what is not finite counts as different, and is refused where it is compared."""
    span = np.ptp(np.asarray(saliency, np.float32), axis=(-2, -1))
    return saliency.shape[-2:] == (1, 1) or bool((span != 0).any())


def _before(model: ov.Model) -> list[list[Array]]:
    """Inputs of inferences before the one that is looked at, for a model with a state."""
    return [random_case(model, seed=seed).inputs for seed in _EARLIER] if has_state(model) else []


def _named(compiled: ov.CompiledModel, results: list[Array]) -> dict[str, Array]:
    """Outputs by each of their names."""
    return {name: value for port, value in zip(compiled.outputs, results, strict=True) for name in port.get_names()}


def _has_dynamic_batch(model: ov.Model) -> bool:
    shapes = [port.get_partial_shape() for port in model.inputs]
    return all(shape.rank.is_static and len(shape) > 0 and shape[0].is_dynamic for shape in shapes)


def _check_rows(model: ov.Model, raw: Insertion) -> None:
    """Row n of a batch has to be what the picture gives alone."""
    inputs = random_case(model, _ROWS).inputs
    compiled = ov.compile_model(raw.model, "CPU", F32)
    names = [one.report.output for one in raw.of_each_map()]
    results = compiled(inputs)
    together = {name: np.array(results[name]) for name in names}
    for row in range(_ROWS):
        alone = compiled([value[row : row + 1] for value in inputs])
        for name in names:
            difference = worst_difference(together[name][row : row + 1], np.array(alone[name]))
            if not difference <= 1:
                raise VerificationError(
                    f"random input: in a batch of {_ROWS}, the map {name} of picture {row} differs from its map alone "
                    f"by {difference:.3g} times what is allowed"
                )


def _check_definition(raw: Insertion, given: Given, case: Case, saliency: npt.NDArray[np.float32]) -> str:
    """Compare a raw map with the definition; returns on how many positions."""
    total = saliency.shape[-2] * saliency.shape[-1]
    chosen = _positions_to_check(raw, given, total)
    sampled = len(chosen) < total
    wanted = _definition(raw, replace(given, places=chosen if sampled else None))
    found = saliency.reshape(len(saliency), -1, total)
    # of a sample, the range is that of all positions: what is allowed must not depend on how quick the machine is
    span = np.ptp(found, axis=-1, keepdims=True) if sampled else None
    difference = worst_difference(found[..., chosen], wanted.reshape(*found.shape[:2], -1), -1, span)
    if not difference <= 1:
        raise VerificationError(
            f"{case.name}: the map differs from its definition by {difference:.3g} times what is allowed "
            "(1e-3 of the map's range plus 1e-5 of the largest score)"
        )
    return f"{len(chosen)} of {total} positions" if sampled else f"all {total} positions"


def _definition(raw: Insertion, given: Given) -> npt.NDArray[np.float32]:
    options = raw.state.options
    if options.effective_contrast is Contrast.NONE:
        return definition_of(raw.method)(given)
    every = contrast_definition(given, options.effective_contrast, options.multi_label)
    some = every if given.classes is None else np.take_along_axis(every, given.classes[:, :, None], 1)
    return np.asarray(some, np.float32)


def _positions_to_check(raw: Insertion, given: Given, total: int) -> list[int]:
    """All positions, or a sample where the head takes long."""
    if not raw.method.needs_mask or total <= _SAMPLED:
        return list(range(total))
    started = time.perf_counter()
    definition_of(raw.method)(replace(given, places=[0, 1]))
    if (time.perf_counter() - started) / 2 * total < _PATIENCE:
        return list(range(total))
    return sorted(np.random.default_rng(0).choice(total, _SAMPLED, replace=False).tolist())


def picture_size(model: ov.Model, inputs: Sequence[Array]) -> tuple[int, int]:
    """(H, W) of the picture among a model's inputs. Raises VerificationError where there is none."""
    for port, value in zip(model.inputs, inputs, strict=True):
        axes = picture_axes(port.get_node())
        if axes is not None:
            return value.shape[axes[0]], value.shape[axes[1]]
    raise VerificationError("the model has no picture input")
