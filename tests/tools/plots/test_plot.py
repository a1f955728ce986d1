"""`ovxai transform --plot`: the drawn graph of an insertion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Tree

import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.cli.transform import main
from ovxai_tools.plots.diagram import Diagram, Kind
from ovxai_tools.plots.insertion import diagram_of
from ovxai_tools.plots.layout import laid_out
from ovxai_tools.plots.svg import svg_of

from ovxai_passes.insert import insert
from ovxai_passes.options import Options
from ovxai_passes.passes.insert_saliency_map import with_branches
from tests.fixtures import attention_graphs, detector_graphs, graphs
from tests.support.cli import invoke
from tests.tools.plots.test_layout import overlaps

SVG = "{http://www.w3.org/2000/svg}"

KINDS: dict[str, tuple[Callable[[], ov.Model], dict[str, object]]] = {
    "cnn": (graphs.cnn, {"method": ["reciprocam", "eigencam"], "top_k": 2, "feature_vector": True}),
    "vit": (graphs.vit, {"method": ["eigencam", "vitreciprocam"]}),
    "class attention": (attention_graphs.class_attention, {}),
    "detector": (lambda: detector_graphs.yolox().model, {"method": ["detclassprobabilitymap", "activationmap"]}),
    "maps alone": (graphs.cnn, {"only_map": True, "scaling": "none"}),
}


def drawn(model: ov.Model, **options: object) -> Diagram:
    return diagram_of(model, "model.xml", with_branches(model, Options.checked(**options)))


def texts(svg: str) -> list[str]:
    root = Tree.fromstring(svg)
    return [element.text or "" for element in root.iter() if element.tag in (f"{SVG}text", f"{SVG}title")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_that_can_be_read(kind: str) -> None:
    build, options = KINDS[kind]
    diagram = drawn(build(), **options)
    assert not overlaps(laid_out(diagram))
    assert {box.kind for box in diagram.boxes} >= {Kind.INPUT, Kind.TARGET, Kind.BRANCH, Kind.OUTPUT}
    assert svg_of(diagram) == svg_of(diagram)
    assert len(diagram.boxes) < 60
    said = texts(svg_of(diagram))
    for state in with_branches(build(), Options.checked(**options)):
        assert state.layers is not None
        assert state.method is not None
        assert any(state.layers.target.type in line for line in said)
        assert any(line.startswith("target of ") and state.method.name.value in line for line in said)
    above = {below for _, below in diagram.edges}
    assert all(number in above for number, box in enumerate(diagram.boxes) if box.kind is not Kind.INPUT)


def test_what_is_made_of_the_map_is_drawn() -> None:
    shown = {"colormap": "jet", "overlay": 0.5, "saliency_map_size": (9, 7), "threshold": 0.25, "output_dtype": "f16"}
    told = {"mean": 127, "scale": 128}
    model = graphs.cnn()
    diagram = drawn(model, method=["reciprocam", "eigencam"], classes=[1], **shown, **told)
    assert not overlaps(laid_out(diagram))
    said = texts(svg_of(diagram))
    augmented = insert(model, Options.checked(method=["reciprocam", "eigencam"], classes=[1], **shown, **told)).model
    for name in ("saliency_map", "saliency_colors", "saliency_overlay", "saliency_map_eigencam"):
        output = augmented.output(name)
        place = said.index(name, said.index(name) + 1)  # behind the tooltip
        kind, _, sizes = said[place + 1].partition(" ")
        assert kind == output.get_element_type().get_type_name()
        assert ov.PartialShape(sizes).compatible(output.get_partial_shape()), "a branch takes any batch and picture"
    assert {"scaled to 0..1", "resized", "9x7", "low values to 0", "below 0.25 of full scale"} <= set(said)
    sources = {
        diagram.boxes[above].lines[0] for above, below in diagram.edges if "overlay" in diagram.boxes[below].lines[0]
    }
    assert sources == {"image", "low values to 0"}


def test_what_is_drawn_of_a_classifier() -> None:
    build, options = KINDS["cnn"]
    model = build()
    said = texts(svg_of(drawn(model, **options)))
    target = with_branches(model, Options.checked(**options))[0].layers
    assert target is not None
    for text in ("scores", "image", "saliency_map", "saliency_classes", "saliency_map_eigencam", "feature_vector"):
        assert text in said
    assert target.target.name in said
    for text in ("target of reciprocam, eigencam", "read-out: ReduceMean", "best 2 classes"):
        assert text in said
    assert {"target", "read-out", "branch of reciprocam", "branch of eigencam"} <= set(said), "the legend"
    assert "Constant" not in " ".join(said)


def test_stretches_are_folded_with_what_they_hold() -> None:
    said = texts(svg_of(drawn(graphs.vit(blocks=6))))
    place = said.index("backbone")
    assert said[place + 1].endswith(" operations:")
    assert int(said[place + 1].split()[0]) > 50
    assert said[place + 2].startswith(("Convolution x", "MatMul x"))


def test_each_branch_has_a_colour() -> None:
    root = Tree.fromstring(svg_of(drawn(graphs.vit(), **KINDS["vit"][1])))
    fills = {}
    for group in root.iter(f"{SVG}g"):
        said = [one.text for one in group.findall(f"{SVG}text")]
        if said and (said[0] or "").startswith("saliency_map"):
            fills[said[0]] = group.find(f"{SVG}rect").attrib["fill"]  # type: ignore[union-attr]
    assert len(fills) == len(set(fills.values())) == 2


def test_maps_alone_have_no_other_outputs() -> None:
    diagram = drawn(graphs.cnn(), only_map=True)
    assert [box.lines[0] for box in diagram.boxes if box.kind is Kind.OUTPUT] == ["saliency_map"]


@pytest.mark.parametrize("name", ['a<b&"c"', "層/αβ", "x" * 300, "a\x07b", "]]>--"])
def test_any_name(name: str) -> None:
    model = graphs.cnn()
    state = with_branches(model, Options())[0]
    assert state.target is not None
    model.get_ordered_ops()[state.target.layer[0]].set_friendly_name(name)
    said = texts(svg_of(drawn(model)))
    assert name.replace("\x07", "�") in said


def test_several_outputs_and_inputs_are_drawn() -> None:
    model = graphs.cnn()
    other = ops.parameter([1, graphs.CLASSES], name="prior")
    scores = ops.add(model.get_results()[0].input_value(0), other)
    both = ov.Model([*model.get_results(), ops.result(ops.relu(scores))], [*model.get_parameters(), other])
    diagram = drawn(both, output="scores")
    assert sum(box.kind is Kind.INPUT for box in diagram.boxes) == 2
    assert sum(box.kind is Kind.OUTPUT and box.lane == 0 for box in diagram.boxes) == 2


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    ov.save_model(graphs.vit(), "in.xml")
    return tmp_path


@pytest.mark.parametrize("args", [("--dry-run",), ()])
def test_without_a_model(here: Path, args: tuple[str, ...]) -> None:
    said = invoke(main, "in.xml", *args, "--plot", "graph.svg").output
    assert said.endswith("dry run: wrote graph.svg alone\n")
    assert "why:  " in said
    assert sorted(path.name for path in here.iterdir()) == ["graph.svg", "in.bin", "in.xml"]
    assert "in.xml: vitreciprocam" in texts(Path("graph.svg").read_text(encoding="utf-8"))


def test_beside_a_model_it_is_the_same(here: Path) -> None:
    assert "wrote out.xml, out.bin, graph.svg" in invoke(main, "in.xml", "out.xml", "--plot", "graph.svg").output
    invoke(main, "in.xml", "--plot", "planned.svg")
    assert Path("graph.svg").read_bytes() == Path("planned.svg").read_bytes()


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("graph.png", "give a name that ends in .svg"),
        ("graph", "give a name that ends in .svg"),
        ("there.svg", "it exists; choose another name or give --force"),
        ("none/graph.svg", "there is no folder none"),
        ("folder.svg", "it is a directory"),
    ],
)
def test_refused_before_any_work(here: Path, name: str, said: str, dry: bool) -> None:
    Path("there.svg").write_text("mine", encoding="utf-8")
    Path("folder.svg").mkdir()
    args = () if dry else ("out.xml",)
    assert said in invoke(main, "in.xml", *args, "--plot", name, code=2).output
    assert Path("there.svg").read_text(encoding="utf-8") == "mine"
    assert not Path("out.xml").exists()


def test_replaced_by_force_and_refused_where_it_has_no_effect(here: Path) -> None:
    Path("there.svg").write_text("mine", encoding="utf-8")
    invoke(main, "in.xml", "out.xml", "--plot", "there.svg", "--force")
    assert "<svg" in Path("there.svg").read_text(encoding="utf-8")
    assert "--plot have no effect" in invoke(main, "out.xml", "copy.xml", "--plot", "new.svg", code=2).output
    assert "--plot" in invoke(main, "--remove", "out.xml", "plain.xml", "--plot", "new.svg", code=2).output
    assert "OUT.xml is missing" in invoke(main, "in.xml", code=2).output
    assert not Path("new.svg").exists()
