"""Names of devices."""

from __future__ import annotations

import click
import pytest
from ovxai_tools.common.command_line.devices import DeviceType

KIND = DeviceType()


@pytest.fixture(autouse=True)
def devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ovxai_tools.common.command_line.devices._devices", lambda: ["CPU", "GPU.0", "GPU.1"])


@pytest.mark.parametrize("name", ["CPU", "cpu", "GPU", "GPU.1", "AUTO", "AUTO:GPU.0,CPU", "auto:-CPU", "MULTI:CPU(2)"])
def test_devices_that_are_there(name: str) -> None:
    assert KIND.convert(name, None, None) == name.upper()


@pytest.mark.parametrize("name", ["NPU", "GPU.2", "AUTO:NPU", "", "HETERO:CPU,FPGA"])
def test_of_others_those_that_are_there_are_named(name: str) -> None:
    with pytest.raises(click.BadParameter, match=r"there is no device .* here: there is CPU, GPU\.0, GPU\.1, and AUTO"):
        KIND.convert(name, None, None)


def test_completion_is_of_devices_that_are_there() -> None:
    context = click.Context(click.Command("any"))
    found = KIND.shell_complete(context, click.Option(["--device"]), "g")
    assert [one.value for one in found] == ["GPU.0", "GPU.1"]
