"""Patterns of a user's own, as values of an option: classes, and where they are found."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from ovxai_patterns.analysis.near_names import did_you_mean
from ovxai_patterns.classifier.own_patterns import TARGET
from ovxai_patterns.matchers.pattern import GraphPattern
from ovxai_patterns.wording import worded

from ovxai_passes.errors import OptionError
from ovxai_passes.value_checks import as_plain


def parsed_pattern(text: str) -> type[Any]:
    """The class that "module:Class" names; modules of the current folder, too. Raises OptionError."""
    module, _, name = text.partition(":")
    if not (module and name):
        raise OptionError(f"{text!r} is not MODULE:CLASS, as in house:HouseHead")
    if module.startswith(".") or module.endswith(".py") or "/" in module or os.sep in module:
        raise OptionError(f"{module!r} is not a module as `import` names it: of ./house.py give house:HouseHead")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)  # as `python -m` does, and for good: the module may import later
    try:
        found: Any = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # somebody else's code: a script may even end the program
        raise OptionError(f"cannot import the module {module!r} of a pattern: {_said(error)}") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise OptionError(f"module {module!r} has no class {name!r}{did_you_mean(part, dir(found), 1)}")
        found = getattr(found, part)
    problem = pattern_problem((found,))
    if problem is not None:
        raise OptionError(problem)
    return found


def pattern_problem(patterns: Any) -> str | None:
    """What is wrong with patterns, or None. They are drawn for that."""
    return next((problem for problem in map(_problem, patterns) if problem), None)


def _problem(pattern: Any) -> str:
    if not (isinstance(pattern, type) and issubclass(pattern, GraphPattern)):
        return worded("{patterns} takes classes derived from GraphPattern, not {one!r}", one=as_plain(pattern))
    called = f"pattern {as_plain(pattern)}"
    if not (isinstance(pattern.name, str) and pattern.name):
        return f"{called} has no name, which reports call it by: give the class one, name = 'house head'"
    try:
        names = pattern().names
    except Exception as error:  # somebody else's code
        return f"{called} cannot be drawn: {_said(error)}"
    if TARGET not in names:
        drawn = ", ".join(sorted(names)) or "none"
        return f"{called} draws nothing with the name {TARGET!r}, which says what is explained (names: {drawn})"
    return ""


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
