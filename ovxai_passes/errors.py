"""The errors that a user can act on. Everything else is a bug."""

from __future__ import annotations

from ovxai_patterns.wording import joined, worded


class OvxaiError(Exception):
    """Base of all errors raised on purpose by this library."""

    @property
    def wording(self) -> str:
        """The message; options that it names are known in it (`ovxai_patterns.wording`)."""
        said = self.args[0] if self.args else ""
        return said if isinstance(said, str) else str(self)


class ModelReadError(OvxaiError, OSError):
    """The model cannot be read; an OSError, too."""


class OptionError(OvxaiError, ValueError):
    """An option is unknown, of the wrong kind, not available, or does not go with another one; a ValueError, too."""


class MissingExtraError(OptionError, ImportError):
    """What is asked for needs an optional dependency that is not installed; an ImportError, too."""


class TargetNotFoundError(OvxaiError):
    """No layer fits, or the layer asked for does not.

    `near_misses`: what was nearly matched and where it stopped. `candidates`: friendly names of usable layers.
    """

    def __init__(self, reason: str, near_misses: tuple[str, ...] = (), candidates: tuple[str, ...] = ()) -> None:
        self.reason = reason
        self.near_misses = near_misses
        self.candidates = candidates
        lines = [reason]
        lines += [worded("  seen: {miss}", miss=miss) for miss in near_misses]
        if candidates:
            lines += [worded("  usable layers ({target_layer}):"), *(f"    {name}" for name in candidates)]
        super().__init__(joined("\n", lines))


class TooCostlyError(TargetNotFoundError):
    """A target that can be explained, but beyond the budget; `near_misses` say what each branch would take."""


class NoGradientError(OvxaiError):
    """A gradient that cannot be had: an operation without a rule is in the way, or no output depends on the tensor."""


class StageError(OvxaiError):
    """A stage of an insertion is run before what it reads is there."""


class VerificationError(OvxaiError):
    """An augmented model does not do what it should."""
