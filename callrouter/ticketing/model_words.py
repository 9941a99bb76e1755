"""What a model says of itself: the words below its fields in the source, with the Chinese ones before them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from enum import StrEnum
from functools import cache
from itertools import pairwise

from callrouter.ticketing.chinese_values import VALUES
from callrouter.ticketing.chinese_words import FIELDS, MODELS


@cache
def english_below(model: type) -> dict[str, str]:
    """What stands below each field (or word) of a class in the source, by its name."""
    (body,) = (
        one.body
        for one in ast.parse(textwrap.dedent(inspect.getsource(model))).body
        if isinstance(one, ast.ClassDef)
    )
    said: dict[str, str] = {}
    for field, below in pairwise(body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                said[name] = " ".join(text.split())
    return said


def of_model(model: type) -> str:
    """What a model is."""
    return _both(
        MODELS.get(model.__name__, ""),
        inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].replace("\n", " "),
    )


def of_field(model: type, field: str) -> str:
    """What a field means."""
    return _both(FIELDS.get(model.__name__, {}).get(field, ""), english_below(model).get(field, ""))


def of_words(kind: type[StrEnum]) -> dict[str, str]:
    """What each word means."""
    english = english_below(kind)
    chinese = VALUES.get(kind.__name__, {})
    return {word.value: _both(chinese.get(word.value, ""), english.get(word.name, "")) for word in kind}


def _both(chinese: str, english: str) -> str:
    return " / ".join(text for text in (chinese, english) if text)
