"""ovxai-explain keeps what it has done, and the same command goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ovxai_tools.cli.explain import main
from ovxai_tools.common import locks
from ovxai_tools.demo import shipped as demo
from ovxai_tools.pictures.page.images import FOLDER
from ovxai_tools.pictures.picture_run import PictureRun

from tests.support.cli import invoke
from tests.support.extras import needs_pictures

needs_pictures()

RECORD = "unfinished.jsonl"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four pictures, two of which have the same name."""
    folder = tmp_path / "pictures"
    for name, source in (("a/one", "03_star"), ("a/two", "05_ring"), ("b/one", "03_star"), ("b/two", "07_heart")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(next(demo.FOLDER.glob(f"{source[:2]}*.png")), folder / f"{name}.png")
    return folder


def command(pictures: Path, output: Path, *more: object) -> tuple[object, ...]:
    return ("demo:cnn", pictures / "a", pictures / "b", "--output", output, *more)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != FOLDER)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def before_drawing(monkeypatch: pytest.MonkeyPatch, number: int, act: Callable[[], object]) -> list[Path]:
    """Act before the picture of that number; returns the pictures that the model is asked about."""
    asked: list[Path] = []
    real = PictureRun.explain

    def picture(self: PictureRun, path: Path) -> Any:
        asked.append(path)
        if len(asked) == number:
            act()
        return real(self, path)

    monkeypatch.setattr(PictureRun, "explain", picture)
    return asked


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("more", [(), ("--single-file",)], ids=str)
def test_an_interrupt_keeps_what_is_complete_and_the_same_command_goes_on(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    wanted = json.loads(invoke(main, *command(pictures, whole, "--json", *more)).stdout)
    with monkeypatch.context() as patch:
        before_drawing(patch, 3, interrupt)
        said = invoke(main, *command(pictures, out, *more), code=130).output
    assert f"Interrupted; {out} holds the maps of 2 of 4 pictures, and index.html shows them. The same command" in said
    assert "nothing was written" not in said
    assert len(names(out)) == 2 * 2 + 2
    assert (out / "index.html").read_text().count("<img") == 4
    first = (out / "one_star_map.png").stat().st_mtime_ns
    asked = before_drawing(monkeypatch, 0, interrupt)
    assert json.loads(invoke(main, *command(pictures, out, "--json", *more)).stdout) == wanted
    assert asked == [pictures / "b" / "one.png", pictures / "b" / "two.png"]
    assert (out / "one_star_map.png").stat().st_mtime_ns == first
    assert contents(out) == contents(whole)


def test_what_a_killed_run_has_left_is_gone_on_with(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, left = tmp_path / "out", tmp_path / "left"
    with monkeypatch.context() as patch:
        before_drawing(patch, 3, lambda: shutil.copytree(out, left))
        invoke(main, *command(pictures, out))
    assert RECORD in names(left)
    assert any(name.startswith(".ovxai-") for name in names(left))
    intent = {"at": str(pictures / "b" / "one.png"), "files": ["one_star_2_map.png", "one_star_2_overlay.jpg"]}
    with (left / RECORD).open("a") as file:  # killed after the files have appeared, before the second line was whole
        file.write(f'{json.dumps(intent)}\n{{"at": "{pictures}')
    (left / "one_star_2_map.png").write_text("unfinished")
    (left / FOLDER / "two_ring.map.jpg").unlink()
    asked = before_drawing(monkeypatch, 0, interrupt)
    assert "1 pictures were complete already" in invoke(main, *command(pictures, left)).output
    assert [path.relative_to(pictures).as_posix() for path in asked] == ["a/two.png", "b/one.png", "b/two.png"]
    assert contents(left) == contents(out)


def stopped_at(number: int, monkeypatch: pytest.MonkeyPatch, *call: object) -> None:
    with monkeypatch.context() as patch:
        before_drawing(patch, number, interrupt)
        invoke(main, *call, code=130)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_results_of_other_options_are_refused(tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    stopped_at(3, monkeypatch, *command(pictures, out))
    before = contents(out)
    said = invoke(main, *command(pictures, out, "--top-k", 2, "--colormap", "grey"), code=2).output
    assert "unfinished results of other options (--colormap, --top-k)" in said
    said = invoke(main, "demo:vit", pictures / "a", "--output", out, code=2).output
    assert "unfinished results of another model" in said
    assert contents(out) == before
    asked = before_drawing(monkeypatch, 0, interrupt)
    invoke(main, *command(pictures, out, "--top-k", 2, "--force"))
    assert len(asked) == 4
    assert RECORD not in names(out)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_picture_that_has_changed_is_done_again(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    stopped_at(4, monkeypatch, *command(pictures, out))
    shutil.copy(pictures / "a" / "two.png", pictures / "a" / "one.png")
    invoke(main, *command(pictures, out))
    assert "one_ring_map.png" in names(out)
    assert "one_star_map.png" not in names(out), "it was of the picture that is no more"
    assert not (out / FOLDER / "one_star.map.jpg").exists()
    assert len(names(out)) == 2 * 4 + 1


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_an_interrupt_before_the_first_picture_leaves_nothing(
    tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_drawing(monkeypatch, 1, interrupt)
    said = invoke(main, *command(pictures, tmp_path / "deep" / "out"), code=130).output
    assert "Interrupted; nothing was written." in said
    assert names(tmp_path) == ["pictures"]


def test_an_error_keeps_what_is_complete(tmp_path: Path, pictures: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "two_ring_overlay.jpg").write_text("mine")
    said = invoke(main, *command(pictures, out), code=2).output
    assert "two_ring_overlay.jpg: it exists" in said
    assert "holds the maps of 1 of 4 pictures" in said
    assert (out / "two_ring_overlay.jpg").read_text() == "mine"
    assert [path.name for path in (out / FOLDER).glob("two*")] == []
    assert (out / "index.html").read_text().count("<img") == 2
    (out / "two_ring_overlay.jpg").unlink()
    invoke(main, *command(pictures, out))
    assert len(names(out)) == 2 * 4 + 1


def test_one_run_at_a_time_in_a_folder(tmp_path: Path, pictures: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with locks.locked(out / ".ovxai-explain.lock") as turns:
        if not turns:
            pytest.skip("this disk knows no locks")
        assert "another ovxai-explain is writing there" in invoke(main, *command(pictures, out), code=2).output
    assert names(out) == []


def test_one_picture_at_a_time_is_in_memory(tmp_path: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Any] = []
    most = 0
    real = PictureRun.explain

    def picture(self: PictureRun, path: Path) -> Any:
        nonlocal most
        most = max(most, sum(one() is not None for one in opened))
        found = real(self, path)
        opened.append(weakref.ref(found[0]))
        return found

    monkeypatch.setattr(PictureRun, "explain", picture)
    invoke(main, *command(pictures, tmp_path / "out"))
    assert len(opened) == 4
    assert most <= 1
