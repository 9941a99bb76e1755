"""What may be wrong with a mapping's keys, in words for an admin."""

from __future__ import annotations

from pydantic import BaseModel

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, clipped
from callrouter.plans.schema.parts import Fill
from callrouter.plans.schema.suggestion import did_you_mean, nearest


def missing_key(key: str) -> Fault:
    """A key that is needed and is not there."""
    return Fault(
        Code.MISSING_KEY, f"缺少 {key}", f"{key} is missing", f"加上一行 {key}: … / add a line {key}: …"
    )


def unknown_key(key: str, model: type[BaseModel], missing: list[str]) -> Fault:
    """The fault of an unknown key; if it stands for one that is missing beside it, that one is crossed out."""
    if issubclass(model, Fill) and key in model.fixed:
        return contradicts(key)
    known = sorted(model.model_fields)
    meant = nearest(key, known)
    if meant in missing:
        missing.remove(meant)
        return Fault(
            Code.UNKNOWN_KEY,
            f"不认识的键 {clipped(key)}，缺少 {meant}",
            f"the key {clipped(key)} is unknown, and {meant} is missing",
            did_you_mean(key, known),
        )
    return Fault(
        Code.UNKNOWN_KEY,
        f"不认识的键 {clipped(key)}",
        f"the key {clipped(key)} is unknown",
        did_you_mean(key, known),
    )


def contradicts(key: str) -> Fault:
    """The overlay says what the document's files say already."""
    return Fault(
        Code.OVERLAY_CONTRADICTS,
        f"{key} 在 plan.yaml 或 lines.yaml 中已经写明，operator.yaml 不能改动",
        f"{key} is said by the document's files; the overlay may only say what they leave unsaid",
        "删除这一行；文件有误则改原文件 / delete this line; if the document's file is wrong, correct it there",
    )
