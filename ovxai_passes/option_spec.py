"""What is known of one option, stated once: its check, its text for help(), and its flag on command lines."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Collection
from dataclasses import Field, dataclass, field, fields
from enum import Enum
from typing import Any, TypeVar

from ovxai_patterns.wording import Named, worded

from ovxai_passes.errors import OptionError
from ovxai_passes.value_checks import as_plain, check_type, is_whole, member, names_of_types, plain
from ovxai_passes.vocabulary import CLASSIFIERS, Task

_SPEC = "spec"
_WIDTH = 110
_PLACE = "{options}"

Documented = TypeVar("Documented", bound=Callable[..., Any])


class MethodTrait(Enum):
    """What a method has that an option is about; the value says what a method without it does."""

    MASKS = "which masks nothing"
    CLASSES = "which makes one map for all classes"
    CLASS_HEADS = "which reads no class heads"
    GRADIENTS = "which takes no gradients"
    LEVELS = "which takes no gradients of a feature map"
    SCORES = "which reads no class scores"


@dataclass(frozen=True)
class OptionSpec:
    """One option.

    `meaning`: a sentence or two. `types`: of the values that it takes; an enumeration is taken by value, too, and None
    where that is the default. Lists become tuples (of an enumeration: a list of one is its member); `many`: so does a
    value alone. `in_one`: a flag takes all of them.

    `counts`: what a whole number from `least` on counts (of several: each); `above`: all numbers above this, `up_to`
    this. `problem`: says what else is wrong with a value, or None. `tasks`: those that it goes with, none: all.
    `tasks_of_gradients`: those that it goes with, too, where a method takes gradients. `needs`: what a method has to
    have. `asks`: whether it says how a map is made; names and budgets do not.

    On a command line: `flag` (None: as the name), `flag_meaning`: of one that is given for False, `metavar`, `parse`:
    from text to a value, raising OptionError; `from_file`: the value is the lines of a file.
    """

    meaning: str
    types: tuple[type, ...]
    many: bool = False
    in_one: bool = False
    counts: str = ""
    least: int = 0
    above: float | None = None
    up_to: float | None = None
    problem: Callable[[Any], str | None] | None = None
    tasks: tuple[Task, ...] = ()
    tasks_of_gradients: tuple[Task, ...] = ()
    needs: MethodTrait | None = None
    asks: bool = True
    flag: str | None = None
    flag_meaning: str | None = None
    metavar: str | None = None
    parse: Callable[[str], Any] | None = None
    from_file: bool = False

    @property
    def enumeration(self) -> type[Enum] | None:
        """The enumeration whose members the option takes, if it is one."""
        return next((kind for kind in self.types if issubclass(kind, Enum)), None)

    @property
    def takes_several(self) -> bool:
        """Whether several values may be given."""
        return list in self.types

    @property
    def text(self) -> str:
        """The meaning, after the kind of model where the option is of one kind only."""
        if not self.tasks:
            return self.meaning
        of = "Classifiers" if self.tasks == CLASSIFIERS else "Detectors"
        return f"{of}: {self.meaning[0].lower()}{self.meaning[1:]}"

    def checked(self, name: str, value: object) -> Any:
        """A value that is not None, as the option keeps it. Raises OptionError."""
        value = plain(value)
        if self.enumeration is not None:
            return self._members(name, self.enumeration, value)
        if not self.counts or self.takes_several:  # of one count, the sentence below says more
            check_type(name, value, self.types)
        if isinstance(value, (list, tuple)):
            value = tuple(value)
        elif self.many:
            value = (value,)
        problem = self._no_count(name, value) or self._no_amount(name, value)
        problem = problem or (self.problem(value) if self.problem else None)
        if problem is not None:
            raise OptionError(problem)
        return value

    def _members(self, name: str, kind: type[Enum], value: object) -> Any:
        """A member of an enumeration, or several where the option takes several."""
        if not self.takes_several or not isinstance(value, (list, tuple)):
            return member(name, kind, value)
        found = tuple(member(name, kind, one) for one in value)
        problem = self.problem(found) if self.problem else None
        if problem is not None:
            raise OptionError(problem)
        return found[0] if len(found) == 1 else found

    def _no_count(self, name: str, value: object) -> str | None:
        several = value if isinstance(value, tuple) else (value,)
        if not self.counts or (several and all(is_whole(one, self.least) for one in several)):
            return None
        numbers = "whole numbers" if self.takes_several else "a whole number"
        return worded(
            "{name} counts {counts}: {numbers} from {least} on, not {value!r}",
            name=Named(name),
            counts=self.counts,
            numbers=numbers,
            least=self.least,
            value=value,
        )

    def _no_amount(self, name: str, value: Any) -> str | None:
        if self.above is None or self.above < value <= (math.inf if self.up_to is None else self.up_to):
            return None
        span = f"above {self.above:g}" + ("" if self.up_to is None else f" and up to {self.up_to:g}")
        return worded("{name} takes numbers {span}, not {value!r}", name=Named(name), span=span, value=value)


def option(default: object, spec: OptionSpec) -> Any:
    """A field of a dataclass of options."""
    return field(default=default, metadata={_SPEC: spec})


def spec_of(of: Field[Any]) -> OptionSpec:
    """What is known of the option that is kept in a field."""
    spec: OptionSpec = of.metadata[_SPEC]
    return spec


def documented(options: type[Any] | None = None, but: Collection[str] = ()) -> Callable[[Documented], Documented]:
    """Puts what is known of `options` (None: the class itself), but some, in place of "{options}" in a docstring."""

    def fill(target: Documented) -> Documented:
        of: Any = options or target
        if target.__doc__:  # python -OO leaves it out
            target.__doc__ = _filled(target.__doc__, [one for one in fields(of) if one.name not in but])
        return target

    return fill


def _filled(text: str, of: list[Field[Any]]) -> str:
    before, _, after = text.partition(_PLACE)
    margin = " " * (len(before) - len(before.rstrip(" ")))
    wrapper = textwrap.TextWrapper(
        _WIDTH, initial_indent=margin, subsequent_indent=margin + "    ", break_on_hyphens=False
    )
    return before.rstrip(" ") + "\n".join(wrapper.fill(_entry(one)) for one in of) + after


def _entry(of: Field[Any]) -> str:
    spec, default = spec_of(of), as_plain(of.default)
    kinds = " or ".join(map(repr, map(as_plain, spec.enumeration))) if spec.enumeration else names_of_types(spec.types)
    kinds += " or several" if spec.enumeration and spec.takes_several else ""
    given = "" if default in (None, []) else f"; default {default!r}"
    return f"{of.name} ({kinds}{given}): {spec.text}"
