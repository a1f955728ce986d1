"""The pointing game with demo models, every method and setting, and its table."""

from __future__ import annotations

from collections.abc import Sequence

from ovxai_passes.errors import OptionError
from ovxai_tools.common.progress import stage
from ovxai_tools.demo import shipped as demo
from ovxai_tools.demo.scenes import make_scene
from ovxai_tools.demo.shapes import HELD_OUT, held_out
from ovxai_tools.evaluation.classifiers import pointing_in_pictures, settings_of
from ovxai_tools.evaluation.detectors import DETECTOR_SETTINGS, pointing_in_scenes
from ovxai_tools.evaluation.pointing_result import PointingResult


def play(names: Sequence[str], count: int) -> list[PointingResult]:
    """The results of demo models (none: all) on so many held-out pictures. Raises OptionError, ModelReadError."""
    names = names or tuple(demo.PREFIX + name for name in demo.MODELS)
    if any(not name.startswith(demo.PREFIX) for name in names):
        raise OptionError(f"the game is played on the demo pictures, so with {demo.PREFIX} models only")
    paths = [demo.model_path(name) for name in names]
    with stage(f"Drawing {count} pictures"):
        pictures = held_out(count)
        scenes = [make_scene(number) for number in range(HELD_OUT, HELD_OUT + count)]
    results = []
    for path in paths:
        with stage(f"Asking {path.stem}"):
            if path.stem in demo.CLASSIFIERS:
                results += [pointing_in_pictures(path, options, pictures) for options in settings_of(path)]
            else:
                results += [pointing_in_scenes(path, options, scenes) for options in DETECTOR_SETTINGS]
    return results


def table(results: Sequence[PointingResult]) -> str:
    """A row for each result, in columns."""
    lines = [f"{'model':8} {'method':22} {'mask':9} k  {'map':6} accuracy  inside"]
    for one in results:
        setting = f"{one.mask or '-':9} {'-' if one.k is None else one.k}"
        lines.append(
            f"{one.model:8} {one.method:22} {setting}  {one.map_size:6} {one.accuracy:8.3f}  {one.inside:6.3f}"
            f"{'  (drop-in)' if one.default else ''}"
        )
    return "\n".join(lines)
