"""Measuring models against each other: interleaved runs in one process, sizes, and memory in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import openvino as ov

from ovxai_passes.model_info.shapes import StatedShape, set_shapes, stated_shape
from ovxai_passes.ops.cost import operation_count
from ovxai_tools.checks.verify import random_case

_WARM_UP = 5


@dataclass(frozen=True)
class Measurement:
    """One model, measured. Times in milliseconds; memory in bytes, None where it was not or could not be measured.

    `ratio`: its median over the first model's. `bin_growth`, `ops_growth`: over the first model; `bin_size`: None for a
    model that is no IR.
    """

    name: str
    median: float
    fastest: float
    slowest: float
    ratio: float
    bin_size: int | None
    bin_growth: int | None
    ops: int
    ops_growth: int
    memory: int | None
    memory_growth: int | None


def precision_hint(precision: str) -> dict[str, str]:
    """Configuration for `f32`, or for the device's `default`."""
    return {"PERFORMANCE_HINT": "LATENCY"} | ({"INFERENCE_PRECISION_HINT": "f32"} if precision == "f32" else {})


def interleaved(models: list[ov.Model], precision: str, runs: int, batch: int, device: str) -> list[list[float]]:
    """Milliseconds of each run of each model. One round runs every model once, each round starting with another one.

    What slows the machine down for a while then slows all of them down.
    """
    requests = []
    for model in models:
        request = ov.compile_model(model, device, precision_hint(precision)).create_infer_request()
        inputs = random_case(model, batch).inputs
        for _ in range(_WARM_UP):
            request.infer(inputs, share_inputs=True)
        requests.append((request, inputs))
    times: list[list[float]] = [[] for _ in models]
    for number in range(runs):
        for turn in range(len(models)):
            place = (number + turn) % len(models)
            request, inputs = requests[place]
            started = time.perf_counter()
            request.infer(inputs, share_inputs=True)
            times[place].append((time.perf_counter() - started) * 1e3)
    return times


def measure(
    names: Sequence[str],
    paths: Sequence[Path],
    models: list[ov.Model],
    times: list[list[float]],
    memory: list[int | None],
) -> list[Measurement]:
    """Lay out what was measured, the first model being what the others are compared with."""
    sizes = [_bin_size(path) for path in paths]
    counts = [operation_count(model) for model in models]
    found = []
    for place, (name, runs) in enumerate(zip(names, times, strict=True)):
        one = Measurement(
            name=name,
            median=median(runs),
            fastest=min(runs),
            slowest=max(runs),
            ratio=median(runs) / median(times[0]),
            bin_size=sizes[place],
            bin_growth=_growth(sizes[place], sizes[0]),
            ops=counts[place],
            ops_growth=counts[place] - counts[0],
            memory=memory[place],
            memory_growth=_growth(memory[place], memory[0]),
        )
        found.append(one)
    return found


def _growth(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before


def _bin_size(path: Path) -> int | None:
    return path.with_suffix(".bin").stat().st_size if path.suffix == ".xml" else None


def peak_memory(path: Path, precision: str, batch: int, device: str, shapes: Sequence[StatedShape] = ()) -> int | None:
    """Largest resident size in bytes of a process of its own that reads, compiles and runs a model; None if unknown."""
    command = [sys.executable, "-m", "ovxai_tools.checks.benchmark", str(path), precision, str(batch), device]
    command += [one.text for one in shapes]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    try:
        return int(json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):  # ended by the system, or a platform that does not tell
        return None


def resident_peak() -> int | None:
    """The largest resident size of this process so far, in bytes; None where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) * 1024 if lines else None


def _child(path: str, precision: str, batch: str, device: str, *shapes: str) -> None:
    model = ov.Core().read_model(path)
    set_shapes(model, [stated_shape(one) for one in shapes])
    request = ov.compile_model(model, device, precision_hint(precision)).create_infer_request()
    inputs = random_case(model, int(batch)).inputs
    for _ in range(3):
        request.infer(inputs)
    print(json.dumps(resident_peak()))


if __name__ == "__main__":
    _child(*sys.argv[1:])
