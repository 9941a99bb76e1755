"""`*.cases.yaml` beside a plan: calls, and what the plan must do with each.

Rules:
- Several numbers or instants in one case are one call each.
- Only what is said is compared; `-` is none. Each case says why: a line of the document (`source`), or `why`.
- A case that is written wrong is told with its place; the others are tried all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, Finding, at_place, clipped
from callrouter.plans.load import CASES_ENDING
from callrouter.plans.reading.written import Written
from callrouter.plans.reading.yaml_reader import read
from callrouter.plans.schema.parts import Part
from callrouter.plans.schema.times import Instant
from callrouter.plans.schema.values import Text, YesNo


def _several(value: object) -> object:
    return value if isinstance(value, list) else [value]


class SaysPart(Part):
    """What must come of the call; at least one of these."""

    source: Text | None = Field(None, description="由谁转来 / who handed it over")
    platform: Text | None = Field(None, description="应答平台 / who answers")
    line: Text | None = Field(None, description="热线号码 / the line's number")
    mode: Text | None = Field(None, description="方式 / mode")
    phase: Text | None = Field(None, description="阶段 / phase")
    landing: Text | None = Field(None, description="接听方 / who answers by plan")
    treatment: Text | None = Field(None, description="例如 queue:hotline:0、release:22 / such as dial:tax:0")
    stray: YesNo | None = Field(None, description="本不该来 / should not have come")
    announcement: Text | None = Field(None, description="提示编号 / the announcement's id")
    tag: Text | None = Field(None, description="标记 / tag")

    @model_validator(mode="after")
    def _says_something(self) -> SaysPart:
        if not self.model_fields_set:
            raise ValueError("says nothing: give line, mode, treatment or another")
        return self


class CasePart(Part):
    """One case."""

    dialled: Annotated[list[Text], BeforeValidator(_several)] = Field(
        description="所拨号码 / what is dialled"
    )
    at: Annotated[list[Instant], BeforeValidator(_several)] = Field(description="时刻 / instant or instants")
    trunk: Text | None = Field(None, description="中继 / the trunk; left out: the first public one")
    caller: Text = Field("13800138000", description="主叫号码 / the calling number")
    platform: Text | None = Field(None, description="来电所在平台 / where it came in, if that is said")
    diversion: list[Text] = Field(default_factory=list, description="Diversion 头 / headers, topmost first")
    says: SaysPart = Field(description="应当怎样处理 / what must come of it")
    source: Text | None = Field(None, description="文件出处 / the document's line")
    why: Text | None = Field(None, description="没有出处时写理由 / the reason, where there is no line")

    @model_validator(mode="after")
    def _has_a_reason(self) -> CasePart:
        if (self.source is None) == (self.why is None):
            raise ValueError("give either source or why")
        return self


class CasesFile(Part):
    """`*.cases.yaml`, whole."""

    cases: list[CasePart] = Field(description="案例 / the cases")


class TriedCall(NamedTuple):
    """One call of a case."""

    dialled: str
    at: datetime
    case: CasePart
    place: str
    """`dialplans/sichuan/sichuan.cases.yaml:14`."""


def cases_beside(folder: Path, shown: str) -> tuple[tuple[TriedCall, ...], tuple[Finding, ...]]:
    """All calls of all case files of the plan's folder, and what is written wrong."""
    calls: list[TriedCall] = []
    findings: list[Finding] = []
    for path in sorted(folder.glob(f"*{CASES_ENDING}")):
        written = read(path, f"{shown}/{path.name}")
        findings += written.findings
        if written.whole and not written.findings:
            for found in _cases(written):
                (findings if isinstance(found, Finding) else calls).append(found)  # type: ignore[arg-type]
    return tuple(calls), tuple(findings)


def _cases(written: Written) -> Iterator[TriedCall | Finding]:
    rows = written.data.get("cases") if isinstance(written.data, dict) else None
    if not isinstance(rows, list) or set(written.data) != {"cases"}:
        yield at_place(f"{written.name}:1:1", _fault("the file is one mapping: cases: [...]"))
        return
    for index, row in enumerate(rows):
        place = written.place(("cases", index))
        try:
            case = CasePart.model_validate(row)
        except ValidationError as error:
            for item in error.errors():
                where = ".".join(map(str, item["loc"]))
                yield at_place(place, _fault(f"{where}: {item['msg']}"))
            continue
        for dialled in case.dialled:
            for at in case.at:
                yield TriedCall(dialled, at, case, place)


def _fault(problem: str) -> Fault:
    return Fault(
        Code.WRONG_VALUE,
        "案例的写法不对",
        f"the case is not right: {clipped(problem, 160)}",
        "写法见 docs/plans.zh-CN.md / see docs/plans.md",
    )
