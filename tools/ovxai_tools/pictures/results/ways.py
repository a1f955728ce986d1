"""Ways of explaining beside each other: models, and methods of each."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ovxai_passes.errors import OptionError, OvxaiError
from ovxai_passes.model_info.preparation import Preparation
from ovxai_passes.vocabulary import Method
from ovxai_tools.demo.shipped import PREFIX
from ovxai_tools.pictures.model_input import is_unsaid
from ovxai_tools.pictures.picture_run import PictureRun


@dataclass(frozen=True)
class Way:
    """A model that is asked by one method. `name`: what tells it from the others; `model`: as it is shown."""

    name: str
    model: str
    run: PictureRun

    @property
    def is_unsaid(self) -> bool:
        """Whether nothing says how the model takes pictures; demo models are known."""
        return not self.model.startswith(PREFIX) and is_unsaid(self.run.model, Preparation.from_model(self.run.model))


def model_names(models: Sequence[str]) -> list[str]:
    """Names of models that are no paths: those of their files, with as many folders as it takes to tell them apart."""
    parts = [[one] if one.startswith(PREFIX) else list(Path(one).parts) or [one] for one in models]
    longest = max(map(len, parts))
    for length in range(1, longest + 1):
        names = ["/".join(one[-length:]) for one in parts]
        if len(set(names)) == len(set(models)):
            break
    return names


def ways_of(runs: Sequence[tuple[str, PictureRun]]) -> list[Way]:
    """Ways of runs, each with the name of its model, named by what is not the same for all of them."""
    models, methods = [model for model, _ in runs], [run.method_name for _, run in runs]
    methods = [  # where the best one is there by its name, too
        f"{method} (best)" if run.settings.method == Method.BEST.value and methods.count(method) > 1 else method
        for (_, run), method in zip(runs, methods, strict=True)
    ]
    by_model, by_method = len(set(models)) > 1, len(set(methods)) > 1
    names = [
        ", ".join(part for part, is_told in ((model, by_model or not by_method), (method, by_method)) if is_told)
        for model, method in zip(models, methods, strict=True)
    ]
    return [Way(name, model, run) for name, (model, run) in zip(names, runs, strict=True)]


def check_ways(models: Sequence[str], methods: Sequence[str]) -> None:
    """Raise OptionError where a model or a method is named twice: both would show the same."""
    for option, names in (("--method", list(methods)), ("--compare", [_place(one) for one in models])):
        twice = next((place for place, one in enumerate(names) if one in names[:place]), None)
        if twice is not None:
            said = (methods if option == "--method" else models)[twice]
            raise OptionError(
                f"{option} {said} is there twice, and would show the same beside each other: leave it out"
            )


@contextlib.contextmanager
def saying_which(model: str, of: Sequence[str]) -> Iterator[None]:
    """What is wrong with one of several models begins with its name."""
    try:
        yield
    except OvxaiError as error:
        if len(of) > 1 and model not in str(error):
            error.args = (f"{model}: {error.wording}", *error.args[1:])
        raise


def _place(model: str) -> str:
    return model if model.startswith(PREFIX) else os.path.realpath(model)
