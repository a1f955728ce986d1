"""What is chosen for methods that take gradients, what is said of it, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops

import ovxai_passes as xai
from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from ovxai_passes.passes.build_branch import BuildBranch
from ovxai_passes.passes.cut import Cut
from ovxai_passes.passes.graft import Graft
from ovxai_passes.passes.locate import Locate
from ovxai_passes.passes.state import InsertionState, run_stages
from tests.fixtures import attention_graphs, detector_graphs, graphs
from tests.patterns.classifier.test_maps_above import pyramid
from tests.support.running import random_input, run


def report_of(model: ov.Model, **options: Any) -> xai.Report:
    return insert(model, Options.checked(**options)).report


@pytest.mark.parametrize(
    ("method", "grid"), [("layercam", (5, 5)), ("layercam-share", (5, 5)), ("gradcam", (3, 3)), ("hirescam", (3, 3))]
)
def test_where_by_default(method: str, grid: tuple[int, int]) -> None:
    report = report_of(pyramid(), method=method)
    assert (report.grid, report.top_k, report.gradient_of, report.scaling) == (grid, 1, "log-probability", "positive")
    assert any("for the best class of each image alone" in notice for notice in report.notices)
    assert report_of(pyramid(), method=method, level=2).grid == (9, 9)


def test_classes_that_are_asked_for_are_not_told_of() -> None:
    for more in ({"top_k": 2}, {"classes": [1]}):
        notices = report_of(pyramid(), method="layercam", **more).notices
        assert not any("best class" in notice for notice in notices)


def sure(batch: int = 1) -> ov.Model:
    """A network that is sure of its best class."""
    model = pyramid(batch=batch)
    scores = model.get_results()[0].input_value(0)
    return ov.Model([ops.result(ops.multiply(scores, graphs.number(3000)))], model.get_parameters(), "sure")


@pytest.mark.parametrize("method", ["layercam", "layercam-share", "gradcam", "best"])
def test_the_best_class_is_not_the_darkest_of_several(method: str) -> None:
    image = random_input(sure())
    scores = run(sure(), image)[0].astype(np.float64)
    shares = np.exp(scores - scores.max())
    assert shares.max() / shares.sum() > 0.99
    found = run(xai.insert_xai(sure(), explain_method=method, top_k=3), image, name="saliency_map")[0]
    assert found[0].max() > 64, "of a log-probability it would be below 3"


@pytest.mark.parametrize(
    ("options", "of"),
    [
        ({"method": "layercam"}, "log-probability"),
        ({"method": "layercam", "top_k": 1}, "log-probability"),
        ({"method": "layercam", "top_k": 2}, "logit"),
        ({"method": "layercam", "classes": [1]}, "logit"),
        ({"method": "gradcam++"}, "logit"),
        ({"method": "layercam", "top_k": 2, "gradient_of": "probability"}, "probability"),
    ],
)
def test_what_is_differentiated_by_default(options: dict[str, Any], of: str) -> None:
    assert report_of(pyramid(), **options).gradient_of == of


def test_the_stages_by_themselves_give_all_classes_in_their_order() -> None:
    model, image = pyramid(), random_input(pyramid())
    options = Options(method=xai.Method.LAYERCAM, scaling=xai.Scaling.NONE)
    state = InsertionState(options)
    run_stages(model, (Locate(state), Cut(state), BuildBranch(state), Graft(state)))
    found = run(model, image, name=1)
    assert found.shape == (1, graphs.CLASSES, 5, 5)
    for label in range(graphs.CLASSES):
        alone = insert(pyramid(), Options.checked(method="layercam", scaling="none", classes=[label])).model
        wanted = run(alone, image, name="saliency_map")[0, 0]
        np.testing.assert_allclose(found[0, label], wanted, atol=1e-5 * np.abs(wanted).max())
    with pytest.raises(xai.OptionError, match="'best' is settled by InsertSaliencyMap"):
        run_stages(pyramid(), (Locate(InsertionState(Options(method=xai.Method.BEST))),))


def test_without_a_finer_map_the_last_one_is_taken_and_told() -> None:
    report = report_of(graphs.cnn(), method="layercam")
    assert report.grid == (4, 4)
    assert any(notice.startswith("gradients are taken for the last map: no map of") for notice in report.notices)


def test_further_methods_have_the_same_classes() -> None:
    insertion = insert(pyramid(batch=-1), Options.checked(method=["reciprocam", "gradcam++", "layercam"]))
    names = [name for port in insertion.model.outputs for name in port.get_names()]
    assert {"saliency_map", "saliency_map_gradcam_plus_plus", "saliency_map_layercam", "saliency_classes"} <= set(names)
    image = random_input(insertion.model, 2)
    results = {name: run(insertion.model, image, name=name) for name in names if name.startswith("saliency")}
    assert results["saliency_map"].shape == (2, 1, 3, 3)
    assert results["saliency_map_gradcam_plus_plus"].shape == (2, 1, 3, 3)
    assert results["saliency_map_layercam"].shape == (2, 1, 5, 5)
    np.testing.assert_array_equal(results["saliency_classes"][:, 0], run(pyramid(batch=-1), image).argmax(1))


@pytest.mark.parametrize(
    ("build", "method"),
    [
        (pyramid, "layercam-share"),
        (graphs.scores_pooled, "layercam-share"),
        (graphs.vit, "gradcam-elementwise"),
        (graphs.flattened, "layercam"),
        (attention_graphs.learned_query, "gradcam-elementwise"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)
def test_best_is_chosen_by_how_a_model_is_read(build: Callable[[], ov.Model], method: str) -> None:
    best = insert(build(), Options.checked(method="best"))
    assert (best.report.method, best.report.chosen_as, best.report.defaults) == (method, "best", "measured")
    gradient_of = "logit" if method == "gradcam-elementwise" else "log-probability"
    assert best.report.gradient_of == gradient_of
    named = xai.insert_xai(build(), explain_method=method, defaults="measured", gradient_of=gradient_of)
    image = random_input(best.model)
    for name in ("saliency_map", "saliency_classes"):
        np.testing.assert_array_equal(run(best.model, image, name=name), run(named, image, name=name))
    assert best.model.get_rt_info(["ovxai", "chosen_as"]).astype(str) == "best"


def test_best_of_a_detector_are_its_class_heads() -> None:
    report = report_of(detector_graphs.ssd_otx().model, method="best")
    assert (report.method, report.chosen_as, report.scaling) == ("detclassprobabilitymap", "best", "positive")


def not_differentiable(batch: int = 1) -> ov.Model:
    """Classes in reverse order at the end, by an operation that has no rule."""
    model = graphs.cnn(batch)
    scores = model.get_results()[0].input_value(0)
    reverse = ops.reverse_sequence(scores, graphs.integers(graphs.CLASSES), 0, 1)
    return ov.Model([ops.result(reverse)], model.get_parameters(), "reverse")


def test_where_gradients_do_not_go_through() -> None:
    with pytest.raises(xai.TargetNotFoundError, match="ReverseSequence"):
        report_of(not_differentiable(), method="layercam")
    report = report_of(not_differentiable(), method="best")
    assert report.method == "reciprocam"
    assert report.top_k is None
    assert any(line.startswith("best would be layercam-share, which was refused: ") for line in report.notices)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "layercam", "contrast": "share"}, "layercam takes no contrast: what it differentiates tells"),
        ({"method": "layercam", "mask": "onehot"}, "masks nothing"),
        ({"method": "layercam", "k": 1}, "masks nothing"),
        ({"method": "reciprocam", "gradient_of": "logit"}, "takes no gradients"),
        ({"method": "reciprocam", "level": 1}, "takes no gradients of a feature map"),
        ({"method": "inputxgradient", "level": 1}, "takes no gradients of a feature map"),
        ({"method": "layercam", "level": -1}, "a whole number from 0 on"),
        ({"method": "layercam", "level": 1, "target_layer": "a"}, "both say for which layer"),
        ({"method": "layercam", "gradient_of": "loss"}, "one of 'logit', 'probability', 'log-probability'"),
        ({"method": "inputxgradient", "task": "detection"}, "not for a model that detects"),
        ({"method": "layercam", "reference": True}, "has one branch, which repeats no head"),
        ({"method": "inputxgradient", "target_layer": "a"}, "explains the picture: leave target_layer out"),
        ({"method": ["best", "layercam"]}, "chooses one method by itself: give it alone"),
        *(
            ({"method": "best", name: value}, f"method 'best' chooses {name} by itself")
            for name, value in {
                **{"scaling": "map", "contrast": "share", "mask": "onehot", "k": 1, "level": 0, "target_layer": "a"},
                **{"gradient_of": "logit", "defaults": "drop-in"},
            }.items()
        ),
    ],
)
def test_refused_by_itself(options: dict[str, Any], said: str) -> None:
    with pytest.raises(xai.OptionError, match=said):
        Options.checked(**options)


@pytest.mark.parametrize(
    ("build", "options", "error", "said"),
    [
        (graphs.vit, {"method": "layercam-share"}, xai.OptionError, "read as class token: use layercam"),
        (graphs.vit, {"method": "hirescam"}, xai.OptionError, "at right angles"),
        (graphs.cnn, {"method": "layercam", "level": 1}, xai.TargetNotFoundError, "no map of twice the resolution"),
        (pyramid, {"method": "gradcam", "level": 4}, xai.TargetNotFoundError, "which level 4 asks for"),
        (pyramid, {"method": "layercam", "classes": [5]}, xai.OptionError, "0 to 4"),
        (pyramid, {"method": "layercam", "max_cost": 1e-6}, xai.TooCostlyError, "fewer classes"),
    ],
)
def test_refused_by_a_model(build: Any, options: dict[str, Any], error: type[Exception], said: str) -> None:
    model = build()
    before = [node.get_friendly_name() for node in model.get_ordered_ops()]
    with pytest.raises(error, match=said):
        insert(model, Options.checked(**options))
    assert [node.get_friendly_name() for node in model.get_ordered_ops()] == before, "nothing half-done"


@pytest.mark.parametrize("method", ["layercam", "layercam-share", "gradcam", "inputxgradient"])
def test_other_sizes_after_insertion(method: str) -> None:
    """The map of the model that was given that size before."""
    later = xai.insert_xai(pyramid(), explain_method=method, embed_scaling=False)
    later.reshape([2, 3, 67, 51])
    before = pyramid()
    before.reshape([2, 3, 67, 51])
    image = random_input(before)
    wanted = run(xai.insert_xai(before, explain_method=method, embed_scaling=False), image, name="saliency_map")
    found = run(later, image, name="saliency_map")
    np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())


@pytest.mark.parametrize("method", ["layercam", "layercam-share", "inputxgradient"])
def test_original_outputs_at_the_default_precision(method: str) -> None:
    model = pyramid(batch=-1)
    augmented = xai.insert_xai(model, explain_method=method)
    image = random_input(model, 2)
    np.testing.assert_array_equal(run(augmented, image, config={}), run(model, image, config={}))


def test_a_model_that_has_the_map_is_left_as_it_is() -> None:
    best = xai.insert_xai(pyramid(), explain_method="best")
    assert len(xai.insert_xai(best, explain_method="best").outputs) == len(best.outputs)
    assert len(xai.insert_xai(best, explain_method="layercam-share").outputs) == len(best.outputs)
    with pytest.raises(xai.OptionError, match="has a saliency_map already, of method layercam-share"):
        xai.insert_xai(best, explain_method="layercam")
    logit = xai.insert_xai(pyramid(), explain_method="layercam", gradient_of="logit", level=1)
    assert len(xai.insert_xai(logit, explain_method="layercam", gradient_of="logit", level=1).outputs) == 3
    assert len(xai.insert_xai(best, explain_method="best", gradient_of=None).outputs) == len(best.outputs)
    plain = xai.insert_xai(pyramid(), explain_method="layercam")
    assert len(xai.insert_xai(plain, explain_method="layercam", gradient_of="log-probability").outputs) == 3
    with pytest.raises(xai.OptionError, match="and not with gradient_of='probability'"):
        xai.insert_xai(logit, explain_method="layercam", gradient_of="probability")


def test_tokens_before_a_norm_are_refused_by_name_as_well() -> None:
    model = graphs.vit()
    with pytest.raises(xai.OptionError, match="at right angles"):
        xai.insert_xai(model, explain_method="hirescam", target_layer=report_of(model).target.name)


def test_the_budget_holds_both_factors_of_a_share() -> None:
    built = insert(pyramid(), Options.checked(method="layercam-share")).state.built
    assert built is not None
    assert built.times is not None
    less = report_of(pyramid(), method="layercam-share", max_cost=0.999 * built.times)
    assert less.grid == (3, 3), "a map that costs less"
    assert less.cost < built.times


def test_the_level_that_was_taken_is_in_the_report() -> None:
    assert [report_of(pyramid(), method=method).level for method in ("layercam", "gradcam", "reciprocam")] == [
        1,
        0,
        None,
    ]
    assert report_of(graphs.cnn(), method="layercam").level == 0, "there is no other one"


def test_several_labels_where_no_probability_is_taken_are_told_of() -> None:
    def is_told(**options: Any) -> bool:
        return any("multi_label=True changes nothing" in one for one in report_of(pyramid(), **options).notices)

    assert is_told(multi_label=True, method="layercam", gradient_of="logit")
    assert is_told(multi_label=True)
    assert not is_told(multi_label=True, method="layercam", gradient_of="probability")
    assert not is_told(multi_label=True, contrast="share")


@pytest.mark.parametrize("shape", [[-1, -1, -1, -1], [1, 3, 1, 16]])
def test_channels_that_are_not_known(shape: list[int]) -> None:
    """A height of 1 passes for an axis of channels where it is dynamic: the model's own sizes are taken then."""
    image = ops.parameter(shape, np.float32, name="image")
    scores = ops.reduce_mean(
        ops.convolution(image, np.ones((5, 3, 1, 1), np.float32), [1, 1], [0, 0], [0, 0], [1, 1]), [2, 3]
    )
    assert report_of(ov.Model([scores], [image]), method="gradcam", max_cost=1e6).method == "gradcam"
