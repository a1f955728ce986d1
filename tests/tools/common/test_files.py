"""Results appear whole or not at all, whatever ends the program that writes them, and whoever else is writing."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from ovxai_tools.common import files, interrupts, locks
from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import check_output, model_moves, publish, staged_model, staging

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, locks and links as POSIX has them")

PAIR = ("out.bin", "out.xml")


def write(folder: Path, said: str, replace: bool = True) -> None:
    with staging(folder) as staged:
        for suffix in (".bin", ".xml"):
            staged_model(staged).with_suffix(suffix).write_text(said)
        publish(staged, model_moves(staged, folder / "out.xml"), replace)


def said(folder: Path) -> list[str]:
    return [(folder / name).read_text() for name in PAIR]


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("before", ["", "old"])
def test_signals_wait_until_both_files_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, before: str
) -> None:
    if before:
        write(tmp_path, before)
    real, given = os.replace, []

    def interrupted(source: Path, target: Path) -> None:
        real(source, target)
        os.kill(os.getpid(), number)
        time.sleep(0)  # handlers run between two steps of the interpreter

    def handler(caught: int, _frame: object) -> None:
        given.append(caught)
        raise KeyboardInterrupt

    monkeypatch.setattr("ovxai_tools.common.files.os.replace", interrupted)
    with interrupts.recording_files() as written, interrupts.handling_signals(handler):
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, "new")
        assert sorted(path.name for path in written) == list(PAIR)
        assert "out.xml" in interrupts.interrupt_message()
    assert given == [number]
    assert said(tmp_path) == ["new", "new"]
    assert listing(tmp_path) == list(PAIR)


def test_a_second_signal_does_not_end_the_clearing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remove = shutil.rmtree

    def interrupted(path: Path, **options: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0)
        remove(path, **options)

    monkeypatch.setattr("ovxai_tools.common.files.shutil.rmtree", interrupted)
    with interrupts.handling_signals(signal.default_int_handler), pytest.raises(KeyboardInterrupt), staging(tmp_path):
        raise KeyboardInterrupt
    assert listing(tmp_path) == []


def test_signals_that_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup leaves it
    try:
        with interrupts.handling_signals(signal.default_int_handler), interrupts.deferring_signals():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_signals_wait_for_the_outermost_block() -> None:
    given: list[int] = []
    with interrupts.handling_signals(lambda number, _frame: given.append(number)):
        with interrupts.deferring_signals():
            with interrupts.deferring_signals():
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0)
            assert given == []
            time.sleep(0)
        assert given == [signal.SIGTERM]
        with interrupts.deferring_signals(), interrupts.handling_signals(lambda number, _frame: given.append(-number)):
            with interrupts.deferring_signals():
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0)
            assert given == [signal.SIGTERM, -signal.SIGTERM], "what is set inside is deferred, too"


def test_the_sentence_is_only_of_what_is_there() -> None:
    with interrupts.recording_files():
        assert interrupts.interrupt_message() == "Interrupted; nothing was written."
        interrupts.record_files([Path(f"{number}.png") for number in range(5)])
        assert interrupts.interrupt_message() == "Interrupted; written before that: 0.png, 1.png, 2.png and 2 more."
    assert interrupts.interrupt_message() == "Interrupted; nothing was written."


def _write_often(folder: Path, name: str, times: int, together: Any) -> None:
    together.wait()
    for number in range(times):
        write(folder, f"{name}{number}")


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the children touch nothing but files
def test_two_writers_never_leave_a_mixed_pair(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    together = context.Barrier(2)
    writers = [context.Process(target=_write_often, args=(tmp_path, name, 200, together)) for name in "ab"]
    for writer in writers:
        writer.start()
    mixed = 0
    while any(writer.is_alive() for writer in writers):
        with locks.locked(tmp_path / files._LOCK):
            if all((tmp_path / name).exists() for name in PAIR):
                mixed += len(set(said(tmp_path))) - 1
        time.sleep(0.001)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert mixed == 0
    assert listing(tmp_path) == list(PAIR)


def test_what_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out.bin").write_text("mine")
    with pytest.raises(OutputError, match=r"out\.bin: it exists"):
        write(tmp_path, "new", replace=False)
    assert (tmp_path / "out.bin").read_text() == "mine"
    assert listing(tmp_path) == ["out.bin"]


def test_leftovers_of_dead_writers_are_swept_and_those_of_living_ones_are_not(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from ovxai_tools.common.files import staging\n"
        "with staging(Path(sys.argv[1])) as folder:\n"
        " (folder / 'part').write_text('half'); print('ready', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        (left,) = listing(tmp_path)
        write(tmp_path, "new")
        assert listing(tmp_path) == [left, *PAIR], "its writer lives"
        writer.kill()
    write(tmp_path, "newer")
    assert listing(tmp_path) == list(PAIR)


def test_what_is_not_ours_is_not_swept(tmp_path: Path) -> None:
    for name in (".ovxai-notes", ".ovxai-abcdefgh"):
        (tmp_path / name).mkdir()
    (tmp_path / ".ovxai-12345678").write_text("a file")
    write(tmp_path, "new")
    assert listing(tmp_path) == [".ovxai-12345678", ".ovxai-abcdefgh", ".ovxai-notes", *PAIR]
    os.utime(tmp_path / ".ovxai-abcdefgh", (0, 0))  # of a version that did not say whether it lives
    write(tmp_path, "new")
    assert listing(tmp_path) == [".ovxai-12345678", ".ovxai-notes", *PAIR]


def test_disks_without_locks_and_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_args: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("ovxai_tools.common.locks.fcntl.flock", refuses)
    monkeypatch.setattr("ovxai_tools.common.files.os.link", refuses)
    (tmp_path / ".ovxai-abcdefgh").mkdir()
    os.utime(tmp_path / ".ovxai-abcdefgh", (0, 0))
    for one in ("old", "new"):
        write(tmp_path, one)
    assert said(tmp_path) == ["new", "new"]
    assert listing(tmp_path) == [".ovxai-abcdefgh", *PAIR], "nothing tells whether its writer lives"


def test_an_error_between_the_renames_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "old")
    real = os.replace

    def failing(source: Path, target: Path) -> None:
        if target.name == "out.bin" and not source.name.startswith("replaced"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr("ovxai_tools.common.files.os.replace", failing)
    with pytest.raises(OutputError, match="No space left"):
        write(tmp_path, "new")
    assert said(tmp_path) == ["old", "old"]
    assert listing(tmp_path) == list(PAIR)


def test_links_stay_and_their_ends_are_written(tmp_path: Path) -> None:
    real, here = tmp_path / "real", tmp_path / "here"
    real.mkdir()
    here.mkdir()
    for name in PAIR:
        (here / name).symlink_to(real / name)
    (real / "out.xml").write_text("old")
    write(here, "new")
    assert said(real) == ["new", "new"]
    assert all((here / name).is_symlink() for name in PAIR)
    assert listing(real) == listing(here) == list(PAIR)


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "none" / "b")
    (tmp_path / "c").symlink_to(tmp_path / "c")
    with pytest.raises(OutputError, match=r"there is no folder .*none"):
        check_output(tmp_path / "a", force=True)
    with pytest.raises(OutputError, match="leads back to itself"):
        check_output(tmp_path / "c", force=True)


def write_with_preview(models: Path, pictures: Path) -> None:
    with staging(models) as staged:
        for name in ("model.bin", "model.xml", "preview.png"):
            (staged / name).write_text("new")
        publish(staged, [*model_moves(staged, models / "out.xml"), (staged / "preview.png", pictures / "p.png")])


@pytest.mark.parametrize("fails", ["copyfile", "mkdtemp"])
def test_a_full_disk_is_named_by_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    models, pictures = tmp_path / "models", tmp_path / "pictures"
    models.mkdir()
    pictures.mkdir()
    real, make = os.replace, tempfile.mkdtemp

    def full(*_args: object, **options: Any) -> str:
        if fails == "mkdtemp" and options["dir"] == models:
            return make(**options)
        raise OSError(28, "No space left on device")

    def other_disk(source: Path, target: Path) -> None:
        if pictures in target.parents and models in source.parents:
            raise OSError(18, "Invalid cross-device link")
        real(source, target)

    monkeypatch.setattr("ovxai_tools.common.files.os.replace", other_disk)
    monkeypatch.setattr(f"ovxai_tools.common.files.{'shutil' if fails == 'copyfile' else 'tempfile'}.{fails}", full)
    with pytest.raises(OutputError, match=rf"cannot write to {pictures}: No space left"):
        write_with_preview(models, pictures)
    assert listing(models) == listing(pictures) == []
