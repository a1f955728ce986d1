"""Every layout and method: the map against its equation in numpy, of gradients that `vjp` gives of the plain model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov
import pytest
from ovxai_patterns.analysis.graph import ModelGraph

import ovxai_passes as xai
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.model_info.tensor_values import tensors_at
from ovxai_passes.options import Options
from ovxai_passes.reference.comparing import worst_difference
from tests.fixtures import graphs
from tests.passes.methods.test_methods import LAYOUTS, Layout
from tests.support.running import Array, random_input, run

Floats = npt.NDArray[np.float64]


def layercam(f: Floats, g: Floats) -> Floats:
    return (np.maximum(g, 0) * f).sum(-1)


def hirescam(f: Floats, g: Floats) -> Floats:
    return (g * f).sum(-1)


def gradcam(f: Floats, g: Floats) -> Floats:
    return (g.mean(1, keepdims=True) * f).sum(-1)


def gradcam_plus_plus(f: Floats, g: Floats) -> Floats:
    below = 2 * g**2 + g**3 * f.sum(1, keepdims=True) + 1e-6
    shares = np.where(g == 0, 0, g**2 / below)
    return ((shares * np.maximum(g, 0)).sum(1, keepdims=True) * f).sum(-1)


def gradcam_elementwise(f: Floats, g: Floats) -> Floats:
    return np.maximum(g * f, 0).sum(-1)


def xgradcam(f: Floats, g: Floats) -> Floats:
    weights = (f * g).sum(1, keepdims=True) / (f.sum(1, keepdims=True) + 1e-7)
    return (weights * f).sum(-1)


EQUATIONS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "layercam": layercam,
    "hirescam": hirescam,
    "gradcam": gradcam,
    "gradcam++": gradcam_plus_plus,
    "gradcam-elementwise": gradcam_elementwise,
    "xgradcam": xgradcam,
}
DIFFERENTIATED = ("logit", "probability", "log-probability")


def cotangent(scores: Array, label: int, of: str) -> Array:
    """D f(z)_label / d z of scores z that exclude each other."""
    flat = scores.reshape(len(scores), -1).astype(np.float64)
    own = np.zeros_like(flat)
    own[:, label] = 1
    if of != "logit":
        powers = np.exp(flat - flat.max(1, keepdims=True))
        shares = powers / powers.sum(1, keepdims=True)
        own = own - shares
        if of == "probability":
            own = own * shares[:, [label]]
    return own.reshape(scores.shape).astype(np.float32)


def gradient_at_target(model: ov.Model, insertion: Insertion, image: Array, label: int, of: str) -> tuple[Array, Array]:
    """The target's value and the gradient of a class for it."""
    graph, site = ModelGraph(model), insertion.site
    layer = insertion.target.layer
    value, scores = tensors_at(model, [layer, site.scores.tensor], [image])
    made = xai.vjp(model, [graph.output(site.scores.tensor)], [graph.output(layer)])
    return value, run(made, image, cotangent(scores, label, of), name=len(model.outputs))


def rows_of(layout: Layout, value: Array, kept: int) -> Floats:
    """The positions [N,P,C] of a fixture's target."""
    if value.ndim == 3:
        return value[:, kept:].astype(np.float64)
    flat = value if value.shape[1:3] == (4, 4) else value.transpose(0, 2, 3, 1)
    return flat.reshape(len(value), 16, -1).astype(np.float64)


def _cases() -> list[Any]:
    """Each layout with one method by default, the others with -m slow; batches and what is differentiated by turns."""
    cases = []
    # a plugin makes one of two means that follow each other, unless their sizes are read, as by gradients of any batch:
    # the network's outputs then differ in the last bit, which --verify refuses
    layouts = [one for one in LAYOUTS if one.name != "mean in two steps, NHWC"]
    for place, layout in enumerate(layouts):
        tokens = layout.readout in {"class token", "attention pooling"}  # hirescam is refused: a norm reads them
        methods = [method for method in EQUATIONS if not (tokens and method == "hirescam")]
        for number, method in enumerate(methods):
            of = DIFFERENTIATED[(place + number) % 3]
            marks = () if number == place % len(methods) else (pytest.mark.slow,)
            cases.append(pytest.param(layout, method, (1, -1)[(place + number // 2) % 2], of, marks=marks))
    return cases


@pytest.mark.parametrize(
    ("layout", "method", "batch", "of"), _cases(), ids=lambda value: getattr(value, "name", str(value))
)
def test_maps_are_the_equation_of_the_gradients(layout: Layout, method: str, batch: int, of: str) -> None:
    given = {key: value for key, value in layout.options.items() if key != "masked_from_last"}
    model = layout.build(batch=batch, **given)
    options = {key: value for key, value in layout.insertion.items() if key != "k"}
    checked = Options.checked(
        method=method, gradient_of=of, level=0, classes=[3, 1], embed_scaling=False, max_cost=1e6, **options
    )
    insertion = insert(model, checked)
    image = random_input(model, 2)
    found = run(insertion.model, image, name="saliency_map")
    assert found.dtype == np.float32
    assert found.shape == (len(image), 2, 4, 4)
    for row, label in enumerate((3, 1)):
        value, gradient = gradient_at_target(model, insertion, image, label, of)
        kept = insertion.site.positions.kept
        features, gradients = rows_of(layout, value, kept), rows_of(layout, gradient, kept)
        wanted = EQUATIONS[method](features, gradients)
        assert np.ptp(wanted) > 0, "an oracle that is constant checks nothing"
        summed = np.abs(features * gradients).sum(-1).max()  # channels cancel, rounding does not
        np.testing.assert_allclose(found[:, row].reshape(wanted.shape), wanted, atol=1e-5 * summed, rtol=1e-3)
    np.testing.assert_array_equal(run(insertion.model, image), run(model, image))


@pytest.mark.parametrize("batch", [1, -1])
@pytest.mark.parametrize("build", [graphs.cnn, graphs.nhwc_cnn, graphs.vit], ids=lambda one: one.__name__)
def test_input_x_gradient(build: Callable[..., ov.Model], batch: int) -> None:
    model = build(batch=batch)
    insertion = insert(
        model, Options.checked(method="inputxgradient", classes=[2], gradient_of="logit", scaling="none")
    )
    image = random_input(model, 2)
    found = run(insertion.model, image, name="saliency_map")
    _, gradient = gradient_at_target(model, insertion, image, 2, "logit")
    wanted = (gradient * image).sum(3 if build is graphs.nhwc_cnn else 1)
    assert found.shape == (len(image), 1, 8, 8)
    np.testing.assert_allclose(found[:, 0], wanted, atol=1e-5 * np.abs(wanted).max())


def test_layercam_share_is_a_product_of_two_maps() -> None:
    model = graphs.cnn(-1)
    image = random_input(model, 2)

    def made(**options: Any) -> Array:
        return run(insert(model, Options.checked(embed_scaling=False, **options)).model, image, name="saliency_map")

    product = made(method="layercam-share", level=0, classes=[3, 1])
    fine = made(method="layercam", level=0, classes=[3, 1])
    share = made(method="reciprocam", contrast="share", scaling="none")[:, [3, 1]]
    assert worst_difference(product, np.maximum(fine, 0) * share) <= 1


def test_the_best_class_of_each_picture() -> None:
    model = graphs.cnn(-1)
    image = random_input(model, 5, seed=4)
    insertion = insert(model, Options.checked(method="hirescam", gradient_of="logit", embed_scaling=False))
    best = run(model, image).argmax(1)
    assert len(set(best)) > 1, "the pictures have one class, so any row would do"
    np.testing.assert_array_equal(run(insertion.model, image, name="saliency_classes"), best[:, None])
    found = run(insertion.model, image, name="saliency_map")
    every = insert(model, Options.checked(method="hirescam", gradient_of="logit", embed_scaling=False, top_k=5)).model
    ranked, classes = (run(every, image, name=name) for name in ("saliency_map", "saliency_classes"))
    np.testing.assert_array_equal(classes[:, 0], best)
    assert worst_difference(found, ranked[:, :1]) <= 1
    for label in range(5):
        one = insert(
            model, Options.checked(method="hirescam", gradient_of="logit", embed_scaling=False, classes=[label])
        )
        alone = run(one.model, image, name="saliency_map")[:, 0]
        assert worst_difference(ranked[classes == label], alone) <= 1


@pytest.mark.parametrize("of", ["probability", "log-probability"])
def test_classes_that_do_not_exclude_each_other(of: str) -> None:
    """Their probabilities are sigmoids, each of a score of its own."""
    model = graphs.cnn(1)
    image = random_input(model)
    common: dict[str, Any] = {"method": "hirescam", "classes": [1, 3], "embed_scaling": False}
    logit, alone = (
        run(insert(model, Options.checked(**common, **more)).model, image, name="saliency_map")
        for more in ({"gradient_of": "logit"}, {"gradient_of": of, "multi_label": True})
    )
    shares = 1 / (1 + np.exp(-run(model, image)[:, [1, 3]].astype(np.float64)))
    factors = (1 - shares) * (shares if of == "probability" else 1)
    np.testing.assert_allclose(alone, logit * factors[:, :, None, None], atol=1e-5 * np.abs(logit).max())


@pytest.mark.parametrize("method", ["layercam", "inputxgradient", "layercam-share"])
def test_what_is_above_zero_is_shown_by_default(method: str) -> None:
    """Scaled by the largest value of the classes asked for and the best one."""
    model = graphs.cnn(-1)
    image = random_input(model, 3)

    def made(name: str = "saliency_map", **options: Any) -> Array:
        return run(xai.insert_xai(model, explain_method=method, gradient_of="logit", **options), image, name=name)

    raw, classes = (made(name, top_k=5, scaling="none") for name in ("saliency_map", "saliency_classes"))
    positive = np.maximum(raw, 0)
    largest = positive.max((2, 3))  # of each class, the best one first
    np.testing.assert_allclose(made(), positive[:, :1] / largest[:, :1, None, None] * 255, atol=1)
    np.testing.assert_allclose(made(top_k=5), positive / largest.max(1)[:, None, None, None] * 255, atol=1)
    for label in range(5):
        scale = np.maximum(largest[:, 0], largest[classes == label])
        wanted = positive[classes == label] / scale[:, None, None] * 255
        np.testing.assert_allclose(made(classes=[label])[:, 0], wanted, atol=1)
