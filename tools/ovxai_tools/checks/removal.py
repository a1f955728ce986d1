"""The work of `ovxai transform --remove`: the original model again, written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ovxai_passes.remove import remove_xai
from ovxai_tools.common.files import model_moves, publish, staging
from ovxai_tools.common.model_files import check_targets, save, weights_of
from ovxai_tools.common.model_loading import load_model


def remove_map(source: str, target: Path, force: bool) -> str:
    """Write the model at `source` without its map to `target` (.xml); returns what was written. Raises OvxaiError."""
    check_targets(target, [Path(source), weights_of(Path(source))], force)
    plain = remove_xai(load_model(source, ()))
    with staging(target.parent) as folder:
        save(plain, folder, target)
        publish(folder, model_moves(folder, target), force)
    return f"removed the map of {source}: wrote {target}, {target.with_suffix('.bin').name}"
