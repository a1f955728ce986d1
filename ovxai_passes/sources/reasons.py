"""What frameworks say of models that they do not take, in one line."""

from __future__ import annotations

_LONGEST = 300


def reason_of(error: Exception) -> str:
    """The sentence of an OpenVINO error that speaks of the model, not of its source code."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if any("Incorrect weights in bin file" in line for line in lines):
        return "its .bin is shorter than the .xml says: copy or convert it again"
    if any("Unable to read the model" in line for line in lines):
        return "it is damaged, or of a format that it does not read"
    spoken = [line for line in lines if not line.startswith(("Exception from", "Check '", "While validating"))]
    return (spoken or lines or [type(error).__name__])[-1][:_LONGEST]


def first_line_of(error: BaseException) -> str:
    """What a framework in Python raised: its type, and the line of its message that says most."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:_LONGEST] if lines else ''}".rstrip(": ")
