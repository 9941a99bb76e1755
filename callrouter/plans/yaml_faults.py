"""What a plan's file may not use of YAML, in words for an admin."""

from __future__ import annotations

from callrouter.plans.errors import Fault, clipped

EMPTY = Fault(
    "文件是空的",
    "the file is empty",
    "参照 dialplans/README.md 写入内容 / fill it in as dialplans/README.md says",
)
CUT_OFF = Fault(
    "文件末尾缺少结束标记“...”，可能不完整",
    "the end mark `...` is missing: the file may have been cut off",
    "确认文件完整后，在最后一行写 ... / see that the file is whole, then write ... as its last line",
)
SECOND_DOCUMENT = Fault(
    "一个文件里只能有一份内容",
    "a file holds one document",
    "删除多余的“---”和其后的内容 / delete the extra --- and what follows it",
)
DIRECTIVE = Fault(
    "不能使用 % 指令",
    "% directives are not used here",
    "删除以 % 开头的行 / delete the lines that begin with %",
)
ALIAS = Fault(
    "不能使用 YAML 的锚点 &、别名 * 和合并键 <<",
    "YAML anchors &, aliases * and merge keys << are not used here",
    "把内容直接写出来 / write the content out",
)
TAG = Fault(
    "不能使用 YAML 标签 !",
    "YAML tags ! are not used here",
    "删除标签，只写值 / delete the tag, keep the value",
)
ODD_KEY = Fault("键必须是一个词", "a key must be a single word", "按“键： 值”书写 / write it as `key: value`")


def duplicate(key: str, first_line: int) -> Fault:
    """A key that stands twice in a mapping."""
    return Fault(
        f"键 {clipped(key)} 重复，第一次在第 {first_line} 行",
        f"the key {clipped(key)} is repeated, first on line {first_line}",
        "只保留一个 / keep one of the two",
    )


def too_deep(levels: int) -> Fault:
    """Mappings and lists within one another beyond the limit."""
    return Fault(
        f"嵌套超过 {levels} 层",
        f"nested deeper than {levels} levels",
        "检查括号和缩进 / look at brackets and indentation",
    )
