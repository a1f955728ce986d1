"""Which files a command line means: folders with all below them, patterns, lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from ovxai_tools.pictures.picture_search import PictureSearch

from ovxai_passes.errors import OptionError

FILES = (
    "a.png",
    "b[1].jpg",
    "notes.txt",
    "deep/c.PNG",
    "deep/er/d.jpg",
    "deep/notes.txt",
    ".hidden/e.png",
    "out/f.png",
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str, search: PictureSearch | None = None, listed: Path | None = None) -> list[str]:
    files = (search or PictureSearch()).files([Path(path) for path in paths], listed)
    return [path.as_posix() for path in files]


def test_paths_are_what_they_are(tree: Path) -> None:
    assert found("deep", "a.png", "none.png") == ["deep", "a.png", "none.png"]


def test_folders_with_all_below_them_but_what_is_hidden_and_results(tree: Path) -> None:
    all_below = PictureSearch(recursive=True, output=Path("out"))
    assert found(".", search=all_below) == ["a.png", "b[1].jpg", "deep/c.PNG", "deep/er/d.jpg"]
    assert found("a.png", "deep", search=all_below) == ["a.png", "deep/c.PNG", "deep/er/d.jpg"]
    assert "out/f.png" in found(".", search=PictureSearch(recursive=True))


def test_patterns_are_of_pictures_and_folders(tree: Path) -> None:
    assert found("*", search=PictureSearch(output=Path("out"))) == ["a.png", "b[1].jpg", "deep"]
    assert found("**/*.jpg") == ["b[1].jpg", "deep/er/d.jpg"]
    assert found("deep/[a-c].*") == ["deep/c.PNG"]


def test_a_name_that_looks_like_a_pattern_is_the_file_where_there_is_one(tree: Path) -> None:
    assert found("b[1].jpg") == ["b[1].jpg"]


def test_a_list_is_a_path_a_line(tree: Path) -> None:
    Path("list.txt").write_text("deep\n\nb[1].jpg\n*.png\n")
    assert found("a.png", listed=Path("list.txt")) == ["a.png", "deep", "b[1].jpg", "*.png"]
    below = PictureSearch(recursive=True)
    assert found(search=below, listed=Path("list.txt"))[:2] == ["deep/c.PNG", "deep/er/d.jpg"]


@pytest.mark.parametrize(
    ("paths", "search", "text", "said"),
    [
        (["*.tif"], PictureSearch(), "a.png", "no picture and no folder fits the pattern"),
        (["*.txt"], PictureSearch(), "a.png", "no picture and no folder fits the pattern"),
        (["a.png"], PictureSearch(recursive=True), "a.png", "--recursive is for folders, and none is named"),
        ([], PictureSearch(), " \n", "there are no pictures in the list list.txt"),
        ([], PictureSearch(), "a\0b\n", "the list list.txt is no text"),
    ],
)
def test_what_means_nothing_is_told(tree: Path, paths: list[str], search: PictureSearch, text: str, said: str) -> None:
    Path("list.txt").write_text(text)
    with pytest.raises(OptionError, match=said):
        found(*paths, search=search, listed=Path("list.txt"))


def test_a_list_that_cannot_be_read(tree: Path) -> None:
    with pytest.raises(OptionError, match=r"cannot read the list none\.txt: No such file"):
        found(listed=Path("none.txt"))
