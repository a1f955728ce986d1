"""One model of a sweep, looked at in a process of its own: transformed, verified, measured.

`Examiner` starts that process and waits for it. The process tells what it has found line by line, so that a crash, a
hang or a lack of memory in a later step leaves what earlier steps have found.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import openvino as ov

from ovxai_passes.errors import OvxaiError, TargetNotFoundError, VerificationError
from ovxai_passes.insert import Insertion, insert
from ovxai_passes.model_info.outputs import OUTPUT_NAME
from ovxai_passes.model_info.read import read_model
from ovxai_passes.model_info.recorded import is_augmented
from ovxai_passes.model_info.shapes import set_shapes, stated_shape
from ovxai_passes.option_groups.flags import with_flags
from ovxai_passes.options import Options
from ovxai_tools.checks.benchmark import interleaved, resident_peak
from ovxai_tools.checks.own_process import OUT_OF_MEMORY, OwnProcesses, as_text, death
from ovxai_tools.checks.verify import random_case, verify

COLUMNS = (
    "model",
    "status",
    "reason",
    "method",
    "readout",
    "found_by",
    "target",
    "target_type",
    "target_shape",
    "grid",
    "k",
    "mask",
    "kept_tokens",
    "classes",
    "mapped",
    "multiplied_out",
    "multiplied_out_types",
    "estimated",
    "ratio",
    "seconds",
    "gib",
    "verified",
    "notices",
)
"""The columns of a report; README says what they mean."""


@dataclass(frozen=True)
class Limits:
    """What one model may take: seconds, GiB of address space; and how often it is timed (0: not), stated shapes."""

    seconds: float
    gib: float
    runs: int
    shapes: tuple[str, ...] = ()


class Examiner:
    """Looks at models, each in a process of its own; may be asked by several threads at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._processes = OwnProcesses()

    def examine(self, path: Path) -> dict[str, str]:
        """A row of the report. Never raises for what the model does."""
        limits = self._limits
        command = [sys.executable, "-m", "ovxai_tools.checks.model_sweep", str(path), str(limits.gib), str(limits.runs)]
        command += limits.shapes
        ended = self._processes.run(command, limits.seconds)
        found = ended.told if ended.code is not None and "status" in ended.told else ended.told | death(ended)
        row = dict.fromkeys(COLUMNS, "") | {"model": str(path)}
        return row | {name: as_text(value) for name, value in found.items()}

    def stop(self) -> None:
        """End all processes."""
        self._processes.stop()


def _examine(path: Path, runs: int, shapes: Sequence[str]) -> None:
    """Transform, verify and measure; every finding is told as soon as it is made."""
    model = read_model(path)
    set_shapes(model, [stated_shape(one) for one in shapes])
    if is_augmented(model):
        raise TargetNotFoundError(f"the model has an output named {OUTPUT_NAME} already; sweep the one without it")
    started = time.perf_counter()
    done = insert(model, Options())
    report = done.report
    _print_columns(
        method=report.method,
        readout=report.readout,
        found_by=report.found_by,
        target=report.target.name,
        target_type=report.target.type,
        target_shape=report.target.shape,
        grid="x".join(map(str, report.grid)),
        k=report.k,
        mask=report.mask,
        kept_tokens=report.kept_tokens,
        classes=report.classes,
        mapped=_mapped(done),
        multiplied_out=report.multiplied_out,
        multiplied_out_types=" ".join(sorted({one.op_type for one in done.branch.multiplied_out})),
        estimated=report.cost,
        notices="; ".join(map(with_flags, report.notices)),
    )
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "model.xml"
        ov.save_model(done.model, written, compress_to_fp16=False)
        _print_columns(seconds=round(time.perf_counter() - started, 2), gib=_gib())
        raw = insert(model, Options(embed_scaling=False))
        again = ov.Core().read_model(written)
        _print_columns(verified="; ".join(verify(model, again, raw, [random_case(model)])))
        if runs:
            plain, augmented = interleaved([model, again], "f32", runs, 1, "CPU")
            _print_columns(ratio=round(median(augmented) / median(plain), 3))


_NOT_MAPPED = frozenset({"Constant", "Parameter", "Result"})


def _mapped(done: Insertion) -> int:
    """Operations of a classifier's head."""
    if done.state.head is None:
        return 0
    return sum(1 for node in done.head.model.get_ops() if node.get_type_name() not in _NOT_MAPPED)


def _gib() -> float | str:
    peak = resident_peak()
    return "" if peak is None else round(peak / (1 << 30), 2)


def _print_columns(**values: object) -> None:
    print(json.dumps(values), flush=True)


def _limit_memory(gib: float) -> None:
    try:
        import resource  # noqa: PLC0415  # POSIX only
    except ImportError:
        return
    size = int(gib * (1 << 30))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _child(path: str, gib: str, runs: str, *shapes: str) -> None:
    _limit_memory(float(gib))
    try:
        _examine(Path(path), int(runs), shapes)
    except TargetNotFoundError as error:
        _print_columns(status="refused", reason=with_flags(error.wording))
    except VerificationError as error:
        _print_columns(status="wrong", reason=with_flags(error.wording))
    except (OvxaiError, MemoryError, RuntimeError) as error:
        text = with_flags(error.wording) if isinstance(error, OvxaiError) else f"{type(error).__name__}: {error}"
        memory = isinstance(error, MemoryError) or any(sign in text for sign in OUT_OF_MEMORY)
        otherwise = "unreadable" if isinstance(error, OvxaiError) else "crashed"
        _print_columns(status="out of memory" if memory else otherwise, reason=text)
    else:
        _print_columns(status="ok")


if __name__ == "__main__":
    _child(*sys.argv[1:])
