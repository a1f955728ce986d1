"""Options from a file: `--config FILE.toml`. Keys are the names of flags, and what the command line says wins.

    top-k = 3
    preprocess = "imagenet"
    targets = ["cat", 281]
    rgb = true

No file is looked for: the command line names the one that is read.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from ovxai_patterns.analysis.near_names import did_you_mean

from ovxai_tools.common.click_types import NamedPath
from ovxai_tools.common.shared_options import Command

_NOT_IN_FILES = ("config", "version", "help")


def config_option(command: Command) -> Command:
    """`--config`: what a file says counts as the command's defaults."""
    return click.option(
        "--config",
        type=NamedPath(),
        metavar="FILE.toml",
        is_eager=True,
        expose_value=False,
        callback=_read,
        help="Options from a file, as top-k = 3 on a line; what the command line says wins.",
    )(command)


def _read(ctx: click.Context, _param: click.Parameter, path: Path | None) -> None:
    if path is None or ctx.resilient_parsing:
        return
    flags = _flags_of(ctx)
    found = dict(ctx.default_map or {})
    for key, value in _table(path).items():
        if key not in flags:
            hint = did_you_mean(key, sorted(flags))
            raise _wrong(path, f"{key!r} is no option of {ctx.command_path}{hint}")
        option = flags[key]
        try:
            said = _as_given(option, key, value)
        except ValueError as error:
            raise _wrong(path, f"{key} {error}") from None
        if option.name in found and said is not None:
            raise _wrong(path, f"{key} says again what another key says: leave one of them out")
        if said is not None:
            found[str(option.name)] = said
    ctx.default_map = found


def _flags_of(ctx: click.Context) -> dict[str, click.Option]:
    """Key → option, of both names where a flag has a contrary."""
    options = [one for one in ctx.command.params if isinstance(one, click.Option) and one.name not in _NOT_IN_FILES]
    return {flag[2:]: one for one in options for flag in (*one.opts, *one.secondary_opts) if flag.startswith("--")}


def _as_given(option: click.Option, key: str, value: Any) -> Any:
    """A value as click takes it for an option, or None for what is the default. Raises ValueError."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise ValueError(f"is true or false, not {value!r}")
        if option.secondary_opts:
            return value is (f"--{key}" in option.opts)
        return option.flag_value is not False if value else None
    if not isinstance(value, list):
        return [_of_kind(option, value)] if option.multiple else _of_kind(option, value)
    several = [_of_kind(option, one) for one in value]
    if option.multiple:
        return several
    if "," not in (option.metavar or ""):
        raise ValueError(f"takes one value, not {value!r}")
    return ",".join(map(str, several))


def _of_kind(option: click.Option, value: Any) -> Any:
    """A value, if it is of the kind that an option takes. Raises ValueError."""
    kinds, words = _kinds(option.type)
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise ValueError(f"takes {words}, not {value!r}")
    return str(value) if str in kinds else value


def _kinds(kind: click.ParamType[Any]) -> tuple[tuple[type, ...], str]:
    if isinstance(kind, click.types.IntParamType):
        return (int,), "a whole number"
    if isinstance(kind, click.types.FloatParamType):
        return (int, float), "a number"
    if isinstance(kind, click.Choice):
        return (str,), f"one of {', '.join(map(repr, kind.choices))}"
    if isinstance(kind, click.Path):
        return (str,), "a path in quotes"
    return (str, int, float), "a text or a number"


def _table(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise _wrong(path, str(error.strerror)) from error
    except UnicodeDecodeError:
        raise _wrong(path, "it is no text in UTF-8") from None
    try:
        return _parsed(text)
    except ValueError as error:  # TOMLDecodeError is one
        raise _wrong(path, f"it is no TOML: {error}") from None


def _parsed(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415  # where it is part of Python
    else:
        try:
            import tomli as tomllib  # noqa: PLC0415  # an extra there
        except ImportError:
            raise click.UsageError("--config needs tomli on Python 3.10: pip install 'ovxai-passes[config]'") from None
    return dict(tomllib.loads(text))


def _wrong(path: Path, reason: str) -> click.ClickException:
    return click.BadParameter(f"{path}: {reason}", param_hint="'--config'")
