"""Pictures that ovxai-explain cannot read are told; if there is no other, before the model is read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ovxai_tools.cli.explain import main
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.page.images import FOLDER

from tests.support.cli import invoke
from tests.support.extras import needs_pictures

needs_pictures()

STAR = (demo.FOLDER / "03_star.png").read_bytes()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != FOLDER)


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        (["nowhere"], "cannot read the picture nowhere: No such file or directory"),
        (["*.jpg"], "no picture and no folder fits the pattern *.jpg"),
        (["broken.png"], "cannot read the picture broken.png: it is of no kind that is read here"),
        (["cut.png"], "cannot read the picture cut.png"),
        (["folder"], "cannot read the picture folder/broken.png"),
        (["nowhere", "broken.png", "cut.png"], "nowhere: No such file or directory, and 2 more cannot be read"),
    ],
)
def test_without_a_readable_picture_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pictures: list[str], said: str
) -> None:
    def never(_path: object) -> None:
        raise AssertionError("the model is read")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ovxai_tools.cli.explain.load_model", never)
    (tmp_path / "folder").mkdir()
    for name in ("broken.png", "folder/broken.png"):
        (tmp_path / name).write_text("no picture")
    (tmp_path / "cut.png").write_bytes(STAR[: len(STAR) // 2])
    before = names(tmp_path)
    assert said in invoke(main, "demo:cnn", *pictures, "--output", "out", code=2).output
    assert names(tmp_path) == before


@pytest.mark.skipif(os.name != "posix", reason="names of files are bytes, and there are pipes")
def test_names_that_are_no_text_and_pipes(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    raw = os.fsencode(folder / "x") + b"\xff\xfe.png"
    with open(raw, "wb") as file:
        file.write(STAR)
    with open(os.fsencode(folder / "broken") + b"\xff.png", "wb") as file:
        file.write(b"no picture")
    os.mkfifo(folder / "pipe.png")
    (folder / f"{'ä' * 120}.png").write_bytes(STAR)
    said = json.loads(invoke(main, "demo:cnn", folder, "--output", tmp_path / "out", "--json", code=5).stdout)
    assert [os.fsencode(one["picture"]) for one in said["explained"]] == [raw, os.fsencode(folder / f"{'ä' * 120}.png")]
    assert len(said["left_out"]) == 2
    assert "pipe" in said["left_out"][1]
    assert "x___star_map.png" in names(tmp_path / "out")
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("<img") == 4
    assert r"x\udcff\udcfe.png" in page
    text = invoke(main, "demo:cnn", folder, "--output", tmp_path / "again", code=5).output
    assert r"x\udcff\udcfe.png: star" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--top-k", 5000), "--top-k 5000 is more than the model has, 8 classes"),
        (("--targets", "dog"), "there is no class named 'dog'"),
        (("--targets", "8"), "there is no class 8"),
    ],
)
def test_classes_that_are_not_there_are_told_before_a_picture_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[object, ...], said: str
) -> None:
    monkeypatch.setattr("ovxai_tools.pictures.picture_run.read_picture", None)
    (tmp_path / "a.png").write_bytes(STAR)
    call = ("demo:cnn", tmp_path / "a.png", "--output", tmp_path / "out", *options)
    assert said in invoke(main, *call, code=2).output
    assert names(tmp_path) == ["a.png"]


def test_a_picture_named_twice_is_explained_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(STAR)
    invoke(main, "demo:cnn", tmp_path, tmp_path / "a.png", "--output", tmp_path / "out")
    assert len(names(tmp_path / "out")) == 3


def test_folders_that_are_no_folders(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(STAR)
    call = ("demo:cnn", tmp_path / "a.png", "--output")
    assert "is no folder; choose another" in invoke(main, *call, tmp_path / "a.png" / "out", code=2).output


def test_pictures_of_folders_lists_and_patterns_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    for name in ("a.png", "deep/b.png"):
        (tmp_path / name).write_bytes(STAR)
    (tmp_path / "list.txt").write_text("a.png\n")
    calls = (("deep", "--recursive", "--list", "list.txt", "--batch", 2), ("**/*.png",), (".", "--recursive"))
    for number, call in enumerate(calls):
        said = json.loads(invoke(main, "demo:cnn", *call, "--output", f"out{number}", "--json").stdout)
        found = sorted(Path(one["picture"]).as_posix() for one in said["explained"])
        assert found[:2] == ["a.png", "deep/b.png"]
        assert (tmp_path / f"out{number}" / "index.html").exists()
    said = invoke(main, "demo:cnn", "a.png", "--output", "o", "--shape", "1,3,64,64", "--batch", 2).output
    assert "--batch has no effect: the model's input is [1,3,64,64], of a fixed batch" in said
