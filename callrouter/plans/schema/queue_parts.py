"""The shape of a queue: whose seats they are, how calls reach them, and where callers go on to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from callrouter.plans.schema.parts import Cited, Part
from callrouter.plans.schema.times import Instant
from callrouter.plans.schema.values import (
    Announcement,
    Id,
    LineNumber,
    Priority,
    QueueId,
    Text,
    one_of,
    words_schema,
)
from callrouter.vocabulary.policy import Answers, Overflow, QueueKind

KindWord = Annotated[QueueKind, one_of(*QueueKind), words_schema(*QueueKind)]
OverflowWord = Annotated[Overflow, one_of(*Overflow), words_schema(*Overflow)]
AnswersWord = Annotated[Answers, one_of(*Answers), words_schema(*Answers)]


class QueueWays(Part):
    """How calls reach seats, how they are received there, and where they go on to."""

    overflow: OverflowWord | None = Field(
        None,
        description="无人接听时：general 综合队列 · voicemail 留言 · last_resort 值班电话 · platform 另一平台 / "
        "where callers go next",
    )
    overflow_to: Id | None = Field(
        None, description="overflow 为 platform 时的平台，经其对端呼出 / of `platform`: which, by its peer"
    )
    answers: AnswersWord | None = Field(
        None,
        description="transfers 只接座席转来的 · line 也接拨打其热线的；不写为 transfers / only transfers, or whoever "
        "dials the line too; left out: transfers",
    )
    lines: list[LineNumber] = Field(
        default_factory=list,
        description="answers 为 line 的专席接哪些热线 / of dedicated seats that answer lines: which",
    )
    announcement: Announcement | None = Field(
        None,
        description="代替热线或平台提示的语音提示，例如 Z01 / what their callers hear instead, such as Z01",
    )
    priority: Priority | None = Field(
        None,
        description="其来电的优先级，高于原有的才算数 / of their calls, where it is above the one they would have",
    )


class QueueBody(QueueWays):
    """Seats that answer together."""

    id: QueueId = Field(description="代号 / its id")
    name: Text = Field(description="名称 / its name")
    spoken_name: Text = Field(description="提示中的读法 / short, for announcements")
    kind: KindWord = Field(
        description="general 综合 · expert 专家座席 · dedicated 专席 / whose seats they are"
    )
    platform: Id = Field(description="所属平台 / its platform")
    line: LineNumber | None = Field(None, description="专家座席所属的热线 / of expert seats: the line")
    hours: Id | None = Field(None, description="服务时间；不写则同平台 / left out: the platform's")
    starts: Instant | None = Field(None, description="何时设立；不写为一直 / from when; left out: since ever")


class QueuePart(Cited, QueueBody):
    """A queue of the document."""
