"""ovxai-sweep: a row for each model whatever becomes of it, and going on where a sweep ended."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click.testing
import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as ops
from ovxai_tools.checks.model_sweep import COLUMNS, Examiner, Limits
from ovxai_tools.cli import sweep

import ovxai_passes as xai
from tests.fixtures import graphs
from tests.support.cli import invoke


def sweeping(*args: object, code: int = 0) -> click.testing.Result:
    return invoke(sweep.main, *args, code=code)


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="") as file:
        return {Path(row["model"]).stem: row for row in csv.DictReader(file)}


def unsuitable() -> ov.Model:
    image = ops.parameter([1, 7], np.float32)
    return ov.Model([ops.relu(image)], [image])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    models = tmp_path / "models"
    (models / "more").mkdir(parents=True)
    ov.save_model(graphs.cnn(batch=-1), models / "cnn.xml", compress_to_fp16=False)
    ov.save_model(graphs.vit(), models / "more" / "vit.xml", compress_to_fp16=False)
    ov.save_model(unsuitable(), models / "unsuitable.xml", compress_to_fp16=False)
    (models / "broken.onnx").write_bytes(b"no model")
    return models


def test_a_row_for_each_model_and_going_on(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    said = sweeping(folder, "--out", report, "--jobs", 2, "--runs", 3, code=4).output
    found = rows(report)
    assert {name: row["status"] for name, row in found.items()} == {
        "cnn": "ok",
        "vit": "ok",
        "unsuitable": "refused",
        "broken": "unreadable",
    }
    assert "2 ok, 1 " in said
    assert sum(int(line.split()[0]) for line in said.splitlines() if "found by" in line) == 2
    assert found["cnn"]["found_by"] not in ("", "none")
    assert "takes no picture" in found["unsuitable"]["reason"]
    assert (found["cnn"]["method"], found["cnn"]["readout"], found["cnn"]["grid"]) == ("reciprocam", "pooled", "4x4")
    assert (found["vit"]["method"], found["vit"]["kept_tokens"], found["vit"]["k"]) == ("vitreciprocam", "1", "1")
    assert float(found["cnn"]["ratio"]) > 0
    assert "batch of 3" in found["cnn"]["verified"]
    assert "batch of 3" not in found["vit"]["verified"]
    before = report.stat().st_mtime_ns
    (folder / "broken.onnx").unlink()
    ov.save_model(graphs.cnn(), folder / "late.xml", compress_to_fp16=False)
    sweeping(folder, "--out", report, "--runs", 0, "--quiet", code=4)
    again = rows(report)
    assert report.stat().st_mtime_ns > before
    assert again["late"]["ratio"] == ""
    assert again["cnn"] == found["cnn"], "what is in the report is not looked at again"
    (folder / "unsuitable.xml").unlink()
    sweeping(folder, "--out", report, "--runs", 0, "--quiet")


def test_again_looks_at_what_is_not_ok(folder: Path, tmp_path: Path) -> None:
    report, path = tmp_path / "report.csv", folder / "unsuitable.xml"
    sweeping(path, "--out", report, "--runs", 0, "-q", code=4)
    ov.save_model(graphs.cnn(), path, compress_to_fp16=False)
    sweeping(path, "--out", report, "--runs", 0, "-q", code=4)
    sweeping(path, "--out", report, "--runs", 0, "-q", "--again")
    assert rows(report)["unsuitable"]["status"] == "ok"


def test_a_model_with_maps_is_refused(tmp_path: Path) -> None:
    ov.save_model(xai.insert_xai(graphs.cnn()), tmp_path / "model.xml")
    row = Examiner(Limits(60, 16, 0)).examine(tmp_path / "model.xml")
    assert (row["status"], "already" in row["reason"]) == ("refused", True)


def test_a_hang_and_a_lack_of_memory_are_rows(folder: Path) -> None:
    model = folder / "cnn.xml"
    assert Examiner(Limits(0.01, 16, 0)).examine(model)["status"] == "timeout"
    starved = Examiner(Limits(60, 0.05, 0)).examine(model)
    assert starved["status"] in ("out of memory", "crashed", "unreadable"), "plugins may not even load"
    assert starved["reason"]


def test_a_crash_is_a_row(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGABRT)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    row = Examiner(Limits(60, 16, 0)).examine(folder / "cnn.xml")
    assert (row["status"], row["reason"].split()[0]) == ("crashed", "SIGABRT")


@pytest.mark.parametrize("ends", ["os.kill(os.getpid(), signal.SIGABRT)", "os._exit(7)"])
def test_what_a_process_says_may_be_any_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ends: str
) -> None:
    said = "os.write(1, b'{\\xff}\\n'); os.write(2, b'parse error near \\xff\\xfe\\n')"
    (tmp_path / "sitecustomize.py").write_text(f"import os, signal\n{said}\n{ends}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    row = Examiner(Limits(60, 16, 0)).examine(folder / "cnn.xml")
    assert row["status"] == "crashed"
    assert "parse error near" in row["reason"]


def test_wrong_use(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "there is no model" in sweeping(empty, "--out", tmp_path / "r.csv", code=2).output
    assert "no such file" in sweeping(tmp_path / "none.xml", "--out", tmp_path / "r.csv", code=2).output
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    assert "no report of this version" in sweeping(folder, "--out", other, code=2).output
    assert other.read_text() == "a,b\n1,2\n"
    assert "cannot write" in sweeping(folder, "--out", tmp_path / "no" / "r.csv", code=2).output


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_an_interrupted_sweep_keeps_its_report_and_leaves_no_process(folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    command = [sys.executable, "-m", "ovxai_tools.cli.sweep", str(folder), "--out", str(report), "--runs", "100000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not report.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in complaint
    with report.open(newline="") as file:
        assert tuple(csv.DictReader(file).fieldnames or ()) == COLUMNS
