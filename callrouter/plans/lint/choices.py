"""What the operator chose where the document is silent, and the classes whose numbers nobody has given.

Rules:
- Every item of operator.yaml is told, with its `why`: whoever reads a plan sees what the document does not say.
- A class without numbers has no calls: whoever dials such a line is treated as having dialled an unknown number.
"""

from __future__ import annotations

from collections.abc import Iterator

from callrouter.plans.codes import Code
from callrouter.plans.findings import Finding
from callrouter.plans.lint.subject import Subject, note


def choices(subject: Subject) -> Iterator[Finding]:
    """Tell each of the operator's choices."""
    for choice in subject.choices:
        zh, _, en = choice.why.partition(" / ")
        chosen = f"{choice.section} {choice.name}".rstrip()
        yield note(
            choice.place,
            Code.ILLUSTRATIVE,
            f"文件没有写明，由运行方选择（示例）{chosen}：{zh}",
            f"the document is silent, and the operator chose {chosen}: {en or zh}",
            "请按本地实际核对 / see whether it is so at your place",
        )


def unnumbered(subject: Subject) -> Iterator[Finding]:
    """Tell the classes that no line and no list follows."""
    numbered = {line.schedule.id for line in subject.plan.lines.values()}
    numbered |= {listed.schedule.id for listed in subject.plan.lists.lists}
    for one in subject.plan.classes:
        if one.schedule.id not in numbered:
            yield note(
                one.place,
                Code.CLASS_WITHOUT_NUMBERS,
                f"{one.name}：文件没有列出号码，打到本平台的按未知号码处理",
                "the document gives no numbers: their calls count as unknown numbers",
                "得到号码后写入 operator.yaml 的 lines 或 lists / add the numbers there once they are known",
                source=one.source,
            )
