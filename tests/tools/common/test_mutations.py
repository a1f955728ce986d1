"""Model files that are damaged end in a model or in a sentence: never in a crash, a hang, a traceback or half a result.

The long run (-m slow) takes OVXAI_MUTATIONS files, 2000 unless told; `-s` shows the table of how they ended.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from ovxai_tools.demo import shipped as demo

from tests.support.forked import Ended, call
from tests.support.mutations import Source, mutated

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked here, which is POSIX's")

TRANSFORM = "ovxai_tools.cli.transform:main"
DOCUMENTED = {0: "written", 2: "unreadable", 3: "refused", 4: "not verified"}
READ = "tests.support.forked:read"
READER = "OpenVINO's reader dies"  # of the file alone, in a process that does nothing else: none of our doing
MOST_DEATHS = 0.002  # of all files
SECONDS = 30.0
COUNT = int(os.environ.get("OVXAI_MUTATIONS", "2000"))
REAL = (
    "mlperf_resnet8_cifar10_f32.tflite",
    "mlperf_vww_96_f32.tflite",
    "mobilenet_v1_0.75_192_quant.tflite",
    "FastestDet.onnx",
)


@dataclass(frozen=True)
class Case:
    """One damaged file, and the options of the command that reads it."""

    source: Source
    file: str
    seed: int
    options: tuple[str, ...] = ()


def judged(ended: Ended, before: dict[str, bytes], folder: Path) -> str:
    """What is wrong with how a command ended, or nothing. `before`: the files that were there, and have to be."""
    after = {path.name for path in folder.iterdir()}
    written = after - set(before)
    if ended.code is None:
        return f"hung for {SECONDS:g} s"
    if ended.code < 0:
        return f"ended by signal {-ended.code}"
    if "Traceback" in ended.said:
        return "a traceback"
    if ended.code not in DOCUMENTED:
        return f"exit code {ended.code}"
    if ended.code != 0 and not ended.said.strip():
        return "not a word"
    if written != ({"out.xml", "out.bin"} if ended.code == 0 else set()):
        return f"exit code {ended.code}, and wrote {sorted(written)}"
    if ended.code == 0 and b"saliency_map" not in (folder / "out.xml").read_bytes():
        return "no saliency_map"
    if any((folder / name).read_bytes() != data for name, data in before.items()):
        return "the input was changed"
    return ""


def run(case: Case, folder: Path) -> tuple[str, str, Ended, float]:
    """The kind of change, what is wrong, how the command ended, and its seconds; the folder is gone if all is right."""
    kind, data = mutated(case.source, case.file, case.seed)
    files = case.source.files | {case.file: data}
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    started = time.perf_counter()
    ended = call(TRANSFORM, [next(iter(files)), "out.xml", "--quiet", *case.options], folder, SECONDS)
    seconds = time.perf_counter() - started
    wrong = judged(ended, files, folder)
    if ended.code is not None and ended.code < 0 and call(READ, next(iter(files)), folder, SECONDS).code == ended.code:
        wrong = READER
    if not wrong:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    return kind, wrong, ended, seconds


def cases(sources: list[Source], count: int) -> Iterator[Case]:
    """`count` cases over all files of all sources in turn; one of eight is verified, which also runs the model."""
    pairs = [(source, file) for source in sources for file in source.files]
    for seed in range(count):
        source, file = pairs[seed % len(pairs)]
        yield Case(source, file, seed, ("--verify",) if (seed // len(pairs)) % 8 == 0 else ())


def small_onnx() -> Source:
    """Two convolutions, a norm, a pooling, and class scores made by Gemm."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed (extra: dev)")
    numpy = pytest.importorskip("numpy")
    rng, helper, floats = numpy.random.default_rng(0), onnx.helper, onnx.TensorProto.FLOAT
    shapes = {"w1": (8, 3, 3, 3), "b1": (8,), "w2": (12, 8, 3, 3), "m": (5, 12), "b2": (5,)}
    weights = {name: rng.standard_normal(shape).astype("f4") for name, shape in shapes.items()}
    weights |= {name: numpy.ones(12, "f4") for name in ("scale", "shift", "mean", "variance")}
    nodes = [
        helper.make_node("Conv", ["x", "w1", "b1"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "w2"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], ["d"]),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("GlobalAveragePool", ["e"], ["f"]),
        helper.make_node("Flatten", ["f"], ["g"]),
        helper.make_node("Gemm", ["g", "m", "b2"], ["h"], transB=1),
        helper.make_node("Softmax", ["h"], ["y"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", floats, ["n", 3, 16, 16])],
        [helper.make_tensor_value_info("y", floats, ["n", 5])],
        [onnx.numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return Source("small.onnx", {"in.onnx": model.SerializeToString(deterministic=True)})


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    demos = [Source.of(demo.model_path(f"demo:{name}")) for name in ("cnn", "vit", "detector")]
    return [*demos, small_onnx()]


def test_each_source_is_explained_before_it_is_changed(sources: list[Source], tmp_path: Path) -> None:
    for source in sources:
        folder = tmp_path / source.name
        folder.mkdir()
        for name, content in source.files.items():
            (folder / name).write_bytes(content)
        ended = call(TRANSFORM, [next(iter(source.files)), "out.xml", "--quiet"], folder, SECONDS)
        assert (ended.code, judged(ended, source.files, folder)) == (0, ""), ended.said


def _dies() -> None:
    os.abort()


def _sleeps() -> None:
    time.sleep(60)


def _raises() -> None:
    raise ValueError


def _leaves_something() -> None:
    Path("half.xml").write_text("<net")
    print("Error: half of it is there")
    raise SystemExit(2)


@pytest.mark.parametrize(
    ("program", "wrong"),
    [
        (_dies, "signal 6"),
        (_sleeps, "hung"),
        (_raises, "a traceback"),
        (_leaves_something, "wrote"),
    ],
)
def test_what_would_be_wrong_is_seen(program: Callable[[], None], wrong: str, tmp_path: Path) -> None:
    folder = tmp_path / "case"
    folder.mkdir()
    ended = call(
        f"tests.tools.common.test_mutations:{program.__name__}", None, folder, 1 if program is _sleeps else SECONDS
    )
    assert wrong in judged(ended, {}, folder)


def test_changes_are_the_same_every_time_and_change_something(sources: list[Source]) -> None:
    drawn = [mutated(case.source, case.file, case.seed) for case in cases(sources, 42)]
    assert drawn == [mutated(case.source, case.file, case.seed) for case in cases(sources, 42)]
    changed = [
        data != case.source.files[case.file] for case, (_kind, data) in zip(cases(sources, 42), drawn, strict=True)
    ]
    assert sum(changed) > 35
    assert len({kind for kind, _data in drawn}) > 12


def test_damaged_models(sources: list[Source], tmp_path: Path) -> None:
    """A few of the long run."""
    for case in list(cases(sources, 70))[7::9]:
        kind, wrong, ended, _seconds = run(case, tmp_path / str(case.seed))
        assert not wrong, f"{case.source.name}, {case.file}, {kind}, seed {case.seed}: {wrong}\n{ended.said[-1000:]}"


@pytest.mark.slow
def test_thousands_of_damaged_models(sources: list[Source], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What went wrong lies in the folder of the test, one folder each."""
    folder = Path(os.environ.get("OVXAI_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
    real = [Source.of(folder / name) for name in REAL if (folder / name).exists()]
    started, outcomes, complaints = time.monotonic(), Counter[tuple[str, str]](), []
    slowest = 0.0
    drawn = list(cases([*sources, *real], COUNT))
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda case: run(case, tmp_path / str(case.seed)), drawn)
        for case, (kind, wrong, ended, seconds) in zip(drawn, results, strict=True):
            slowest = max(slowest, seconds)
            suffix = Path(case.file).suffix
            outcomes[suffix, wrong or DOCUMENTED[ended.code or 0]] += 1
            if wrong and wrong != READER:
                place = f"{case.source.name}, {case.file}, {kind}, seed {case.seed} {' '.join(case.options)}"
                complaints.append(f"{place}: {wrong}\n{ended.said[-2000:]}")
    with capsys.disabled():
        print(f"\n{COUNT} files in {time.monotonic() - started:.0f} s, the slowest {slowest:.1f} s")
        for (suffix, outcome), number in sorted(outcomes.items()):
            print(f"  {suffix:8} {outcome:24} {number}")
    deaths = sum(number for (_suffix, outcome), number in outcomes.items() if outcome == READER)
    assert deaths <= MOST_DEATHS * COUNT + 1
    assert not complaints, f"{len(complaints)} of {COUNT} (files in {tmp_path}):\n" + "\n".join(complaints)
