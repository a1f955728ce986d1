"""The work of `ovxai transform --remove`: the original model again, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ovxai_passes.remove import remove_xai
from ovxai_tools.common.exits import OutputError
from ovxai_tools.common.files import check_output, model_moves, publish, same_file, staging
from ovxai_tools.common.model_files import save, weights_of
from ovxai_tools.common.model_loading import load_model


def remove_map(source: str, target: Path, force: bool) -> str:
    """Write the model at `source` without its map to `target` (.xml); returns what was written. Raises OvxaiError."""
    if target.suffix != ".xml":
        raise OutputError(f"cannot write {target}: an OpenVINO model is a pair of files; give a name that ends in .xml")
    for path in (target, target.with_suffix(".bin")):
        if any(same_file(path, other) for other in (Path(source), weights_of(Path(source)))):
            raise OutputError(f"cannot write {path}: it is an input; choose another name")
        check_output(path, force)
    plain = remove_xai(load_model(source, ()))
    with staging(target.parent) as folder:
        save(plain, folder, target)
        publish(folder, model_moves(folder, target), force)
    return f"removed the map of {source}: wrote {target}, {target.with_suffix('.bin').name}"
