"""Saving a model as a pair of files, .xml and .bin."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import openvino as ov

from ovxai_passes.model_info.checksum import add_checksum
from ovxai_passes.model_info.read import read_model
from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import check_output, same_file, staged_model


def save(model: ov.Model, folder: Path, target: Path) -> ov.Model:
    """Save in `folder` with constants of the types they have, and read back: a disk that filled up shows here.

    `target`: where the files are going, for the message. Raises OutputError.
    """
    path = staged_model(folder)
    try:
        ov.save_model(model, path, compress_to_fp16=False)
        written = read_model(path)
        add_checksum(path)
        return written
    except Exception as error:  # OpenVINO raises RuntimeError for a full disk, and for the torn file it leaves
        free = shutil.disk_usage(path.parent).free
        raise OutputError(f"cannot write {target.name}: {error} ({free >> 20} MiB are free on that disk)") from error


def check_targets(target: Path, inputs: Sequence[Path], force: bool, beside: Sequence[Path] = ()) -> None:
    """Raises OutputError where a model cannot be written to `target` (.xml), or files `beside` it, before any work.

    `inputs`: files that are read. `force`: whether files may be replaced.
    """
    if target.suffix != ".xml":
        raise OutputError(f"cannot write {target}: an OpenVINO model is a pair of files; give a name that ends in .xml")
    check_written([target, target.with_suffix(".bin"), *beside], inputs, force)


def check_written(written: Sequence[Path], inputs: Sequence[Path], force: bool) -> None:
    """Raises OutputError where one of the files cannot be written, or is an input or one of the others."""
    for place, path in enumerate(written):
        if any(same_file(path, other) for other in inputs):
            raise OutputError(f"cannot write {path}: it is an input; choose another name")
        if any(same_file(path, other) for other in written[:place]):
            raise OutputError(f"cannot write {path}: the model itself is written there; choose another name")
        check_output(path, force)


def weights_of(source: Path) -> Path:
    """The .bin of an .xml; of a folder, which may be ".", a name that nothing has."""
    return source.parent / f"{source.stem}.bin"


def bin_growth(model: ov.Model, source: Path, folder: Path) -> int:
    """Bytes of weights that the model staged in `folder` has more than `model`, read from `source`.

    A model that is no IR is saved as one to be compared.
    """
    plain = weights_of(source)
    if source.suffix != ".xml":
        (folder / "plain").mkdir()
        plain = folder / "plain" / "plain.bin"
        ov.save_model(model, plain.with_suffix(".xml"), compress_to_fp16=False)
    growth = staged_model(folder).with_suffix(".bin").stat().st_size - plain.stat().st_size
    if plain.is_relative_to(folder):
        plain.unlink()
    return growth
