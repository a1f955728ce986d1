"""What exit codes mean: a command lists those that it can give."""

from __future__ import annotations

DONE, BUG, USAGE, NO_TARGET, FAILED, LEFT_OUT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

MEANINGS = {
    DONE: "done",
    BUG: "a bug of this program (the only case with a traceback)",
    USAGE: "wrong usage, unreadable input, unwritable or existing output, full disk, missing extra",
    NO_TARGET: "no target found, or the target asked for is unsuitable or too costly",
    FAILED: "verification failed",
    LEFT_OUT: "done, but pictures that could not be read were left out",
    INTERRUPTED: "interrupted; the message says what is there",
}
"""Code → what it means; a command may say it in words of its own."""

ALWAYS = (DONE, BUG, USAGE, INTERRUPTED)
"""Codes that every command can give."""
