"""The shape of a menu: only the operator has any, and says why.

Rules:
- A key leads to a queue: there are no menus behind menus. 0 is not given: it is always a person.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from callrouter.plans.codes import Code
from callrouter.plans.schema.fault import as_text, fault
from callrouter.plans.schema.parts import Chosen, Part
from callrouter.plans.schema.values import LineNumber, QueueId, one_of, words_schema
from callrouter.vocabulary.menu import MenuDesk

_ID = r"^[a-z][a-z0-9]{0,19}$"
_KEY = r"^[1-9]$"
_SOUND = r"^([A-Z][0-9]{2}|own-[a-z0-9][a-z0-9-]{0,39})$"


def _like(pattern: str, zh: str, en: str, example: str) -> BeforeValidator:
    def checked(value: object) -> str:
        text = as_text(value)
        if not re.fullmatch(pattern, text):
            raise fault(
                Code.WRONG_VALUE,
                f"应为{zh}",
                f"{en} is wanted here",
                f"例如 {example} / for example {example}",
            )
        return text

    return BeforeValidator(checked)


def _between(first: int, last: int) -> BeforeValidator:
    def counted(value: object) -> int:
        text = as_text(value)
        if not re.fullmatch(r"[0-9]{1,2}", text, re.ASCII) or not first <= int(text) <= last:
            raise fault(
                Code.WRONG_VALUE,
                f"应为 {first} 到 {last} 的整数",
                f"a number from {first} to {last} is wanted here",
                f"例如 {first + 1} / for example {first + 1}",
            )
        return int(text)

    return BeforeValidator(counted)


def _number(first: int, last: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": first, "maximum": last})


DeskWord = Annotated[MenuDesk, one_of(*MenuDesk), words_schema(*MenuDesk)]
MenuId = Annotated[
    str,
    _like(_ID, "小写字母开头的代号，没有连字符", "an id of lower-case letters and digits", "language"),
    StringConstraints(pattern=_ID),
]
MenuKeyDigit = Annotated[
    str,
    _like(_KEY, "按键 1 到 9；0 总是人工", "a key from 1 to 9 (0 is always a person)", '"2"'),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": _KEY}, {"type": "integer"}]}),
]
MenuSound = Annotated[
    str,
    _like(
        _SOUND,
        "own- 开头的录音文件名或语音提示编号",
        "a file key that begins with own-, or an id",
        "own-language",
    ),
    StringConstraints(pattern=_SOUND),
]
Tries = Annotated[int, _between(1, 3), _number(1, 3)]
Seconds = Annotated[int, _between(1, 10), _number(1, 10)]


class MenuKeyPart(Part):
    """A key and where it leads."""

    key: MenuKeyDigit = Field(description="按键 1 到 9；0 总是人工 / the key; 0 is always a person")
    queue: QueueId = Field(description="按下后进入的队列 / the queue that it leads to")


class MenuPart(Chosen):
    """A menu before a person answers. GB/T 33358-2016 advises against one: no shipped plan has any."""

    id: MenuId = Field(description="代号，没有连字符 / its id, without hyphens")
    announcement: MenuSound = Field(
        description="自己的录音（own- 开头的文件名）或语音提示编号；要说明各键 / the operator's own recording, a "
        "file key that begins with own-, or the id of an announcement; it tells the keys"
    )
    desk: DeskWord = Field(
        description="hub 拨打 12345 · unknown 计划之外的号码 · lines 某些热线 / whose callers are offered it"
    )
    lines: list[LineNumber] = Field(
        default_factory=list, description="desk 为 lines 时的热线 / of desk lines: which lines"
    )
    choices: list[MenuKeyPart] = Field(min_length=1, max_length=9, description="各键 / the keys")
    otherwise: QueueId = Field(
        description="按 0、不按或按错时的综合队列 / the general queue for 0, for no key and for wrong ones"
    )
    tries: Tries = Field(2, description="最多问几次，1 到 3；不写为 2 / how often it is asked; left out: 2")
    timeout_s: Seconds = Field(
        5, description="放完后等几秒，1 到 10；不写为 5 / seconds to wait behind it; left out: 5"
    )
