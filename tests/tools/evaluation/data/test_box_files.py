"""Boxes of every kind of file: the same objects come out, and what is wrong is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ovxai_tools.evaluation.data.box_files import read_boxes
from ovxai_tools.evaluation.data.boxes import BoxesByPicture
from ovxai_tools.evaluation.data.picture_classes import read_classes
from ovxai_tools.evaluation.data.picture_set import ClassNames, demo_pictures, pictures_of

from ovxai_passes.errors import OptionError

VOC = """<annotation><filename>a.jpg</filename><size><width>200</width><height>100</height></size>
<object><name>dog</name><bndbox><xmin>21</xmin><ymin>11</ymin><xmax>100</xmax><ymax>60</ymax></bndbox></object>
</annotation>"""

COCO = {
    "categories": [{"id": 90, "name": "dog"}, {"id": 7, "name": "cat"}],
    "images": [{"id": 3, "file_name": "train/a.jpg", "width": 200, "height": 100}],
    "annotations": [
        {"image_id": 3, "category_id": 90, "bbox": [20, 10, 80, 50]},
        {"image_id": 3, "category_id": 7, "bbox": [0, 0, 9, 9], "iscrowd": 1},
    ],
}


def _own(folder: Path) -> Path:
    (folder / "b.json").write_text(json.dumps({"a.jpg": [["dog", 0.1, 0.1, 0.5, 0.6]]}))
    return folder / "b.json"


def _coco(folder: Path) -> Path:
    (folder / "b.json").write_text(json.dumps(COCO))
    return folder / "b.json"


def _voc(folder: Path) -> Path:
    (folder / "a.xml").write_text(VOC)
    return folder


def _yolo(folder: Path) -> Path:
    (folder / "a.txt").write_text("1 0.3 0.35 0.4 0.5\n\n")
    (folder / "classes.txt").write_text("cat\ndog\n")
    return folder


@pytest.mark.parametrize("write", [_own, _coco, _voc, _yolo])
def test_each_kind_gives_the_same_box(write: object, tmp_path: Path) -> None:
    found = read_boxes(write(tmp_path))  # type: ignore[operator]  # one of the functions above
    (picture,) = pictures_of([Path("x/a.jpg")], ClassNames(2, ("cat", "dog")), None, found)
    ((label, corners),) = picture.boxes
    assert label == 1
    assert corners == pytest.approx((0.1, 0.1, 0.5, 0.6))


def test_the_classes_of_coco_are_in_the_order_of_their_numbers_where_a_model_has_no_names(tmp_path: Path) -> None:
    found = read_boxes(_coco(tmp_path))
    assert pictures_of([Path("a.jpg")], ClassNames(2), None, found)[0].boxes[0][0] == 1
    with pytest.raises(OptionError, match="the model holds no names"):
        pictures_of([Path("a.jpg")], ClassNames(3), None, found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a.jpg": [[0, 0.5, 0, 0.5, 1]]}', "is empty"),
        ('{"a.jpg": [[0, 10, 10, 50, 60]]}', "is in pixels"),
        ('{"a.jpg": [[0, 1.2, 0, 1.5, 1]]}', "outside of its picture"),
        ('{"a.jpg": [[true, 0, 0, 1, 1]]}', "is no class"),
        ('{"a.jpg": [[0, 0, 1, 1]]}', r"give a list of \[class"),
        ('{"a.jpg": [[0, "x", 0, 1, 1]]}', "is no box"),
        ('{"a.jpg": ', "it is no JSON"),
        ('{"images": [], "annotations": []}', "is no file of COCO"),
        ("<annotation></annotation>", "with the picture's size"),
        ("<annotation>", "annotations of VOC"),
        ("0 0.5 0.5 1", "is no box of YOLO"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "boxes").write_text(text)
    with pytest.raises(OptionError, match=said):
        read_boxes(tmp_path / "boxes")


def test_a_folder_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="neither XML nor text"):
        read_boxes(tmp_path)
    with pytest.raises(OptionError, match="cannot read the boxes"):
        read_boxes(tmp_path / "absent")


def test_boxes_and_classes_of_pictures_that_are_missing_are_refused() -> None:
    found = BoxesByPicture("b.json", {"b.jpg": (), "c.jpg": ()})
    with pytest.raises(OptionError, match=r"boxes in b.json for b.jpg and 1 more, but no such picture"):
        pictures_of([Path("a.jpg")], ClassNames(2), None, found)
    with pytest.raises(OptionError, match=r"classes for b.jpg, but no such picture"):
        pictures_of([Path("a.jpg")], ClassNames(2), {"b.jpg": 0})
    with pytest.raises(OptionError, match="there is no class 2"):
        pictures_of([Path("a.jpg")], ClassNames(2), {"a.jpg": 2})


@pytest.mark.parametrize("text", ['{"a.jpg": 3, "b.jpg": "dog"}', "a.jpg,3\nb.jpg,dog\n"])
def test_classes_of_pictures(text: str, tmp_path: Path) -> None:
    (tmp_path / "classes").write_text(text)
    assert {name: str(label) for name, label in read_classes(tmp_path / "classes").items()} == {
        "a.jpg": "3",
        "b.jpg": "dog",
    }


@pytest.mark.parametrize("text", ["{", "a.jpg", "", '{"a.jpg": 1.5}'])
def test_what_is_wrong_with_classes_is_said(text: str, tmp_path: Path) -> None:
    (tmp_path / "classes").write_text(text)
    with pytest.raises(OptionError, match="class"):
        read_classes(tmp_path / "classes")


def test_demo_pictures_have_their_boxes() -> None:
    for detector, side in ((False, 64), (True, 96)):
        one, two = demo_pictures(detector, 2)
        assert one.pixels().shape == (side, side, 3)
        assert one.boxes
        assert one.name != two.name
        assert one.boxes_of(one.boxes[0][0])[0] == one.boxes[0][1]
