"""Which target is found, what is refused, and what is said of it."""

from __future__ import annotations

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_patterns.analysis.graph import ModelGraph
from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.readout import ReadOut
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.classifier.target import find_site

import ovxai_passes as xai
from tests.fixtures import graphs
from tests.fixtures.graphs import CLASSES, Weights, dense, integers, model_of, norm, picture, scalar


def found(model: ov.Model, **request: object) -> Site:
    site = find_site(ModelAnalysis(model), TargetRequest(**request))  # type: ignore[arg-type]
    assert isinstance(site, Site), site
    return site


def refused(model: ov.Model, **request: object) -> NoSite:
    site = find_site(ModelAnalysis(model), TargetRequest(**request))  # type: ignore[arg-type]
    assert isinstance(site, NoSite), site
    return site


def target_type(model: ov.Model, site: Site) -> str:
    return str(ModelGraph(model).ops[site.target[0]].get_type_name())


def test_quantised_models_are_tapped_after_the_quantisation() -> None:
    model = graphs.quantised_cnn()
    site = found(model)
    assert target_type(model, site) == "FakeQuantize"
    assert site.scores.activation == "Softmax"
    assert ModelGraph(model).ops[site.scores.tensor[0]].get_type_name() == "Add"


def test_pre_norm_blocks_are_masked_on_two_edges_and_others_on_their_input() -> None:
    for style, edges in (("pre", ["Add", "MatMul"]), ("post", ["MatMul", "Add"]), ("parallel", ["MVN", "Add"])):
        model = graphs.vit(style=style)
        site, ops_ = found(model), ModelGraph(model).ops
        assert sorted(ops_[place].get_type_name() for place, _ in site.masked) == sorted(edges), style
        assert site.readout is ReadOut.CLASS_TOKEN


def test_max_and_mean_read_outs_are_pooled_and_matrices_flatten() -> None:
    assert found(graphs.max_cnn()).readout is ReadOut.POOLED
    assert found(graphs.flattened()).readout is ReadOut.FLATTENED
    full_grid = Weights()
    image = picture(1)
    x = ops.relu(graphs.conv(image, full_grid, 3, 6, 2, stride=2))
    x = graphs.conv(x, full_grid, 6, CLASSES, 4, stride=4)
    assert found(model_of(x, image)).readout is ReadOut.FLATTENED


def test_a_class_token_needs_a_block() -> None:
    refusal = refused(graphs.vit(), k=0)
    assert "class token" in refusal.reason
    assert refusal.candidates


@pytest.mark.parametrize(("kept", "k"), [(1, 3), (0, 3)])
def test_more_blocks_than_there_are(kept: int, k: int) -> None:
    assert "there are 2" in refused(graphs.vit(kept=kept), k=k).reason
    assert found(graphs.vit(kept=kept), k=2).k == 2


def test_convolutional_networks_have_no_blocks() -> None:
    assert "there are none" in refused(graphs.cnn(), k=1).reason


def test_layer_by_name() -> None:
    model = graphs.vit()
    best = found(model)
    name = ModelGraph(model).ops[best.target[0]].get_friendly_name()
    site = found(model, layer=name)
    assert (site.target, site.masked, site.k, site.readout) == (best.target, best.masked, 1, best.readout)
    earlier = found(model, k=2)
    by_name = found(model, layer=ModelGraph(model).ops[earlier.target[0]].get_friendly_name())
    assert (by_name.target, by_name.k) == (earlier.target, 2)
    assert "does not go with" in refused(model, layer=name, k=2).reason


def named(model: ov.Model, kind: str, place: int = -1) -> str:
    nodes = [node for node in model.get_ordered_ops() if node.get_type_name() == kind]
    return str(nodes[place].get_friendly_name())


def test_layer_inside_a_branch_is_explained_with_a_notice() -> None:
    model = graphs.windowed()
    site = found(model, layer=named(model, "Roll"))
    assert any("other paths" in notice for notice in site.notices)


@pytest.mark.parametrize(
    ("build", "kind", "place", "reason"),
    [
        (graphs.cnn, "ReduceMean", -1, "no grid"),
        (graphs.cnn, "Parameter", 0, "the picture itself"),
        (graphs.vit, "MVN", -1, "do not reach the class scores"),
        (graphs.flattened, "Reshape", -1, "exactly once"),
        (graphs.cnn, "Result", -1, "no path"),
    ],
)
def test_unsuitable_layers(build: object, kind: str, place: int, reason: str) -> None:
    assert callable(build)
    model = build()
    refusal = refused(model, layer=named(model, kind, place))
    assert reason in refusal.reason
    assert refusal.candidates


def test_unknown_layers_get_close_names() -> None:
    model = graphs.cnn()
    for node in model.get_ordered_ops():
        if node.get_type_name() == "Relu":
            node.set_friendly_name("backbone/stage4/relu")
    refusal = refused(model, layer="backbone/stage4/reluu")
    assert "did you mean 'backbone/stage4/relu'" in refusal.reason
    assert "backbone/stage4/relu" in refusal.candidates


def test_models_without_a_picture_or_scores() -> None:
    w, vector = Weights(), ops.parameter([1, 8], np.float32, name="features")
    refusal = refused(ov.Model([dense(vector, w, 8, 3)], [vector]))
    said = "the model takes no picture: its input features is f32 [1,8]; a picture is [N,C,H,W] or [N,H,W,C]"
    assert refusal.reason == said
    image = picture(1)
    assert "no class scores" in refused(ov.Model([graphs.conv(image, w, 3, 6, 2, stride=2)], [image])).reason
    both = ov.Model([dense(vector, w, 8, 3)], [vector, picture(1)])
    assert "do not depend" in refused(both).reason


def test_two_branches_that_join_without_a_grid() -> None:
    w, image = Weights(), picture(1)
    pooled = [ops.reduce_mean(graphs.conv(image, w, 3, 6, 2, stride=2), integers(2, 3), False) for _ in range(2)]
    refusal = refused(model_of(dense(ops.concat(pooled, 1), w, 12, CLASSES), image))
    assert "no layer that all class scores go through" in refusal.reason
    assert any("picture itself" in miss for miss in refusal.near_misses)


def test_branches_that_a_product_joins_are_named_to_choose_from() -> None:
    w, image = Weights(), picture(1)
    maps = [ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2)) for _ in range(2)]
    for place, one in enumerate(maps):
        one.set_friendly_name(f"branch {place}")
    rows = [ops.reshape(one, integers(0, 6, 16), True) for one in maps]
    joined = ops.reshape(ops.matmul(*rows, False, True), integers(0, 36), True)
    model = model_of(dense(joined, w, 36, CLASSES), image)
    refusal = refused(model)
    assert "name one that a part of them goes through (target_layer)" in refusal.reason
    assert sorted(refusal.candidates) == ["branch 0", "branch 1"]
    assert any("other paths" in notice for notice in found(model, layer="branch 0").notices)


def test_several_outputs() -> None:
    w, image = Weights(), picture(1)
    x = ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2))
    pooled = ops.reduce_mean(x, integers(2, 3), False)
    logits = dense(pooled, w, 6, CLASSES)
    pooled.output(0).set_names({"features"})
    logits.output(0).set_names({"logits"})
    model = ov.Model([ops.result(pooled), ops.result(logits)], [image])
    chosen = found(model)
    assert chosen.scores.output == 1
    assert any("made of the others" in notice for notice in chosen.notices)
    refusal = refused(ov.Model([ops.result(dense(pooled, w, 6, CLASSES)), ops.result(logits)], [image]))
    assert "several outputs" in refusal.reason
    assert [miss.split()[1] for miss in refusal.near_misses] == ["0:", "1:"]
    assert found(model, output="logits").scores.classes == CLASSES
    assert found(model, output=1).scores.output == 1
    assert found(model, output="features").scores.classes == 6
    assert "there is no output" in refused(model, output="other").reason
    softmax = ops.softmax(logits, 1)
    assert found(ov.Model([ops.result(pooled), ops.result(softmax)], [image])).scores.output == 1


def test_embeddings_count_as_scores_with_a_notice() -> None:
    w, image = Weights(), picture(1)
    x = norm(graphs.patches(image, w, 8, 1, 0, False), w, 8)
    site = found(model_of(ops.reduce_mean(x, integers(1), False), image))
    assert site.scores.classes == 8
    assert any("no classifier" in notice for notice in site.notices)


def test_dynamic_height_is_refused_with_what_to_do() -> None:
    image = ops.parameter([1, 3, -1, -1], np.float32)
    w = Weights()
    x = ops.reduce_mean(ops.relu(graphs.conv(image, w, 3, 6, 32, stride=32)), integers(3), False)
    x = ops.relu(ops.convolution(x, w(6, 6, 3), [1], [1], [1], [1]))  # rows see each other
    x = dense(ops.reduce_mean(x, integers(2), False), w, 6, CLASSES)
    with pytest.raises(xai.TargetNotFoundError, match="static one first"):
        xai.insert_xai(model_of(x, image))


def test_huge_grids_are_refused() -> None:
    image, w = picture(1, side=140), Weights()
    x = ops.reduce_mean(ops.relu(graphs.conv(image, w, 3, 6, 2, stride=2)), integers(2, 3), False)
    assert "70 x 70 positions" in refused(model_of(dense(x, w, 6, CLASSES), image)).reason


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "log_softmax"])
def test_final_activations_are_looked_through(activation: str) -> None:
    plain = graphs.cnn()
    logits = plain.get_results()[0].input_value(0)
    end = ops.sigmoid(logits) if activation == "sigmoid" else getattr(ops, activation)(logits, 1)
    model = ov.Model([ops.convert(ops.reshape(end, integers(0, CLASSES, 1), True), "f16")], plain.get_parameters())
    scores = found(model).scores
    assert ModelGraph(model).ops[scores.tensor[0]].get_type_name() == "Add"


def test_gather_that_reads_a_token_is_not_a_pooling() -> None:
    w, image = Weights(), picture(1)
    x = norm(graphs.patches(image, w, 8, 1, 1, False), w, 8)
    refusal = refused(model_of(dense(ops.gather(x, scalar(0), scalar(1)), w, 8, CLASSES), image))
    assert "positions that matter" in refusal.reason
    assert any("none of them reaches" in miss for miss in refusal.near_misses)


def test_errors_carry_candidates() -> None:
    with pytest.raises(xai.TargetNotFoundError) as caught:
        xai.insert_xai(graphs.vit(), explain_method="reciprocam")
    assert caught.value.candidates
    assert caught.value.near_misses
    assert "usable layers" in str(caught.value)
