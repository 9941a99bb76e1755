"""Reads the settings, once at start, from config/callrouter.yaml and CALLROUTER_* variables; all errors at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_settings.exceptions import SettingsError as SourceError

from callrouter.settings import PROJECT_ROOT, Settings


class SettingsError(Exception):
    """The settings cannot be used; the text lists every fault with its place and remedy."""


def load_settings(file: Path | None = None) -> Settings:
    """Read the settings file (`config/callrouter.yaml` unless told) and the environment.

    Raises SettingsError, naming every faulty setting.
    """
    chosen = file or PROJECT_ROOT / "config" / "callrouter.yaml"
    if not chosen.is_file():
        raise SettingsError(f"{chosen}: there is no such settings file; name one with --config")

    given = _given(chosen)
    faults = _unknown_variables()
    try:
        settings = Settings(**given)
    except ValidationError as error:
        faults += _setting_faults(error)
    except SourceError as error:
        faults.append(f'{error}; write lists and mappings as JSON, such as ["1001", "1002"]')
    if faults:
        heading = f"设置有误 / {len(faults)} fault(s) in the settings ({_shown(chosen)} and CALLROUTER_*):"
        raise SettingsError("\n  ".join([heading, *faults]))
    return settings


def _given(file: Path) -> dict[str, Any]:
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise SettingsError(f"{_shown(file)}: not UTF-8; save it as UTF-8") from None
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise SettingsError(
            f"{_shown(file)}{where}: 不是有效的 YAML / not valid YAML; mend it there"
        ) from None
    if given is None:
        return {}
    # A leading underscore would be an option of pydantic's own, not a setting.
    if not isinstance(given, dict) or any(not isinstance(name, str) or name[:1] == "_" for name in given):
        raise SettingsError(f"{_shown(file)}: 应为“键: 值” / `name: value` pairs are wanted")
    return given


def _setting_faults(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in fault['loc']) or 'settings'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    ]


def _unknown_variables() -> list[str]:
    """Name the variables that would override nothing: a misspelt one must not vanish silently."""
    prefix = "callrouter_"
    return [
        f"{name}: there is no such setting; the names are those of config/callrouter.yaml"
        for name in sorted(os.environ)
        if name.lower().startswith(prefix)
        and name.lower().removeprefix(prefix).partition("__")[0] not in Settings.model_fields
    ]


def _shown(file: Path) -> str:
    return os.path.relpath(file) if file.is_relative_to(Path.cwd()) else str(file)
