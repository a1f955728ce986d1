"""Several pictures in one inference are explained as they are alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ovxai_tools.common.model_loading import load_model
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.picture_batches import BatchedRun
from ovxai_tools.pictures.picture_run import UnreadableError
from ovxai_tools.pictures.run_settings import RunSettings

from ovxai_passes.model_info.shapes import set_shapes, stated_shape
from tests.support.extras import needs_pictures

needs_pictures()

PICTURES = [one.path for one in demo.pictures()[:5]]
SCENES = [one.path for one in demo.scenes()[:3]]


def run_of(name: str, files: list[Path], batch: int, shape: str = "", **settings: object) -> BatchedRun:
    model = load_model(name)
    set_shapes(model, [stated_shape(shape)] if shape else [])
    return BatchedRun(model, RunSettings(**settings), files, batch)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "files"), [("demo:cnn", PICTURES), ("demo:detector", SCENES)])
def test_pictures_of_a_batch_are_explained_as_they_are_alone(
    name: str, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.png").write_text("no picture")
    files = [*files[:1], tmp_path / "broken.png", *files[1:]]
    alone, together = run_of(name, files, 1, top_k=2), run_of(name, files, 4, top_k=2)
    assert together.refusal is None
    sizes: list[int] = []
    forward = together._explainer.model_forward

    def counting(x: Any) -> Any:
        sizes.append(len(x))
        return forward(x)

    monkeypatch.setattr(together._explainer, "model_forward", counting)
    for path in files:
        if path.name == "broken.png":
            with pytest.raises(UnreadableError):
                together.explain(path)
            continue
        for one, other in zip(alone.explain(path)[1], together.explain(path)[1], strict=True):
            assert (one.target, one.label) == (other.target, other.label)
            assert one.score == pytest.approx(other.score, abs=1e-5)
            np.testing.assert_allclose(one.levels.astype(int), other.levels.astype(int), atol=1)
    assert sizes[0] == 3, "three pictures of four files are read"


def test_pictures_that_are_complete_are_not_waited_for() -> None:
    run = run_of("demo:cnn", PICTURES, 2)
    assert run.explain(PICTURES[3])[1][0].label == run_of("demo:cnn", PICTURES, 1).explain(PICTURES[3])[1][0].label


def test_a_model_of_a_fixed_batch_is_told_and_explained_picture_by_picture() -> None:
    run = run_of("demo:cnn", PICTURES, 4, "1,3,64,64")
    assert "of a fixed batch (--shape ?,3,64,64 asks for another one)" in str(run.refusal)
    assert run.explain(PICTURES[0])[1][0].label == "disc"


@pytest.mark.parametrize("quiet", [False, True])
def test_a_black_box_names_its_pictures_and_has_a_bar_on_a_terminal_alone(
    quiet: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = load_model("demo:cnn")
    settings = RunSettings(method="rise", black_box=True, preset="speed")
    run = BatchedRun(model, settings, PICTURES[:2], quiet=quiet)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    run.explain(PICTURES[1])
    said = capsys.readouterr().err
    assert (f"[2/2] {PICTURES[1]}" in said, "RISE" in said) == (not quiet, not quiet)


def test_a_preset_reaches_the_method(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def recording(_data: Any, targets: list[int], **options: Any) -> dict[int, Any]:
        asked.append(options)
        return {target: np.zeros((64, 64), np.uint8) for target in targets}

    for given in ({"preset": "quality"}, {}):
        run = run_of("demo:cnn", PICTURES[:1], 1, black_box=True, **given)
        monkeypatch.setattr(run._explainer.method, "generate_saliency_map", recording)
        run.explain(PICTURES[0])
    assert asked == [{"preset": "quality"}, {}]
