"""Options as a command line calls them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from ovxai_patterns.wording import Named, Wording

from ovxai_passes.option_checks import parsed_size
from ovxai_passes.option_groups.info_options import InfoOptions
from ovxai_passes.option_groups.map_options import MapOptions
from ovxai_passes.option_groups.picture_options import PictureOptions
from ovxai_passes.option_spec import OptionSpec, spec_of


def with_flags(text: str, own: Mapping[str, str] | None = None) -> str:
    """A sentence with the flags of the options that it names.

    `own`: the flags that a command has, by argument. One that it does not have is one of `ovxai transform`.
    """
    if not isinstance(text, Wording):
        return text

    def name(named: Named) -> str:
        flag = (own or {}).get(named.option)
        elsewhere = own is not None and flag is None
        return _flag(named, flag) + (" (of ovxai transform)" if elsewhere else "")

    return text.said_with(name)


def _flag(named: Named, flag: str | None = None) -> str:
    spec = _specs().get(named.option)
    flag = flag or (spec.flag if spec is not None else None) or f"--{named.option.replace('_', '-')}"
    on, _, off = flag.partition("/")
    if named.value is False and off:
        return off
    value = named.plain_value
    if value is None or isinstance(value, bool):
        return on
    if not isinstance(value, (list, tuple)):
        return f"{on} {value:g}" if isinstance(value, float) else f"{on} {value}"
    if spec is not None and spec.parse is not None and spec.flag != "--pattern":  # one text
        return f"{on} {('x' if spec.parse is parsed_size else ',').join(map(str, value))}"
    return " ".join(f"{on} {one}" for one in value)


def _specs() -> dict[str, OptionSpec]:
    return {one.name: spec_of(one) for group in (MapOptions, PictureOptions, InfoOptions) for one in fields(group)}
