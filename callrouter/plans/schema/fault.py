"""A fault of the plan language's own, on its way through pydantic."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

from callrouter.plans.codes import Code


def fault(code: Code, zh: str, en: str, fix: str) -> PydanticCustomError:
    """A fault of ours, on its way through the validation."""
    return PydanticCustomError("plan", "{zh}", {"code": code, "zh": zh, "en": en, "fix": fix})


def as_text(value: object) -> str:
    """The value, if it is a single one."""
    if isinstance(value, str):
        return value
    raise fault(
        Code.WRONG_TYPE,
        "此处应为一个值",
        "a single value is wanted here",
        "写成“键： 值” / write it as `key: value`",
    )
