"""Plain values as YAML text that our own reader, and any other, reads as the same texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

Value: TypeAlias = "str | Sequence[Value] | Mapping[str, Value] | None"
"""What can be written; a key whose value is None is left out."""

_WORD: Final = re.compile(r"[a-z][a-z0-9_-]*")
_TYPED_WORDS: Final = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n"})
_STEP: Final = "  "


def yaml_text(value: Mapping[str, Value]) -> str:
    """A whole file, with the end mark that shows it whole."""
    return "".join(f"{line}\n" for line in (*_mapping(value, ""), "..."))


def _mapping(value: Mapping[str, Value], indent: str) -> Iterator[str]:
    for key, item in value.items():
        if item is None:
            continue
        if isinstance(item, str) or not item or _is_row(item):
            yield f"{indent}{_word(key)}: {_inline(item)}"
        elif isinstance(item, Mapping):
            yield f"{indent}{_word(key)}:"
            yield from _mapping(item, indent + _STEP)
        else:
            yield f"{indent}{_word(key)}:"
            yield from _items(item, indent + _STEP)


def _items(value: Sequence[Value], indent: str) -> Iterator[str]:
    for item in value:
        if isinstance(item, Mapping):
            first, *rest = _mapping(item, "")
            yield f"{indent}- {first}"
            yield from (f"{indent}{_STEP}{line}" for line in rest)
        else:
            yield f"{indent}- {_inline(item)}"


def _is_row(value: Value) -> bool:
    """Whether it is a list of words, which reads best on one line."""
    return isinstance(value, Sequence) and all(isinstance(item, str) for item in value)


def _inline(value: Value) -> str:
    if isinstance(value, str):
        return _word(value)
    if isinstance(value, Mapping):
        return "{}"
    return f"[{', '.join(_inline(item) for item in value or ())}]"


def _word(text: str) -> str:
    """The text; in quotes unless every reader of YAML takes it for this text."""
    if _WORD.fullmatch(text) and text not in _TYPED_WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)
