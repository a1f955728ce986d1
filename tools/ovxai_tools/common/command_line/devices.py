"""Devices of OpenVINO, as values of options."""

from __future__ import annotations

from typing import Any

import click
import openvino as ov
from click.shell_completion import CompletionItem

_OF_OTHERS = ("AUTO", "BATCH", "HETERO", "MULTI")  # they choose among devices: AUTO, HETERO:GPU,CPU, AUTO:-GPU


class DeviceType(click.types.StringParamType):
    """The name of a device that is there: CPU, GPU.1, AUTO:GPU,CPU."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name in upper case; fails where a device is not there."""
        device = str(value).strip().upper()
        first, _, others = device.partition(":")
        asked = others.split(",") if first in _OF_OTHERS and others else [first]
        there = _devices()
        kinds = {one.partition(".")[0] for one in there}
        for one in asked:
            kind, dot, _ = one.strip("- ").partition("(")[0].partition(".")
            if kind in _OF_OTHERS or (kind in kinds and (not dot or one.strip("- ") in there or kind == "CPU")):
                continue
            self.fail(f"there is no device {one!r} here: there is {', '.join(there) or 'none'}, and AUTO", param, ctx)
        return device

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The devices that are there."""
        names = [*_devices(), "AUTO"]
        return [CompletionItem(one) for one in names if one.startswith(incomplete.upper())]


def _devices() -> list[str]:
    return list(ov.Core().available_devices)
