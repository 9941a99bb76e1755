"""What a plan's file may not be, and may not use of YAML, in words for an admin."""

from __future__ import annotations

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, clipped

EMPTY = Fault(
    Code.FILE_EMPTY,
    "文件是空的",
    "the file is empty",
    "参照 docs/plans.md 写入内容 / fill it in as docs/plans.md says",
)
CUT_OFF = Fault(
    Code.FILE_CUT_OFF,
    "文件末尾缺少结束标记“...”，可能不完整",
    "the end mark `...` is missing: the file may have been cut off",
    "确认文件完整后，在最后一行写 ... / see that the file is whole, then write ... as its last line",
)
NOT_UTF8 = Fault(
    Code.NOT_UTF8, "不是 UTF-8 编码", "this is not UTF-8", "把文件另存为 UTF-8 编码 / save the file as UTF-8"
)
SECOND_DOCUMENT = Fault(
    Code.YAML_FEATURE,
    "一个文件里只能有一份内容",
    "a file holds one document",
    "删除多余的“---”和其后的内容 / delete the extra --- and what follows it",
)
DIRECTIVE = Fault(
    Code.YAML_FEATURE,
    "不能使用 % 指令",
    "% directives are not used here",
    "删除以 % 开头的行 / delete the lines that begin with %",
)
ALIAS = Fault(
    Code.YAML_FEATURE,
    "不能使用 YAML 的锚点 &、别名 * 和合并键 <<",
    "YAML anchors &, aliases * and merge keys << are not used here",
    "把内容直接写出来 / write the content out",
)
TAG = Fault(
    Code.YAML_FEATURE,
    "不能使用 YAML 标签 !",
    "YAML tags ! are not used here",
    "删除标签，只写值 / delete the tag, keep the value",
)
ODD_KEY = Fault(
    Code.WRONG_TYPE,
    "键必须是一个词",
    "a key must be a single word",
    "按“键： 值”书写 / write it as `key: value`",
)


def unreadable(why: str) -> Fault:
    """A file that is not there or may not be read."""
    return Fault(
        Code.FILE_UNREADABLE,
        "文件无法读取",
        f"the file cannot be read ({why})",
        "检查文件是否存在、是否有读取权限 / see that it exists and may be read",
    )


def too_large(limit: int) -> Fault:
    """A file beyond the limit, in bytes."""
    return Fault(
        Code.FILE_TOO_LARGE,
        f"文件超过 {limit} 字节",
        f"the file is larger than {limit} bytes",
        "大量号码请改用 CSV(lists) / put large numbers of lines into a CSV (lists)",
    )


def too_many_values(limit: int) -> Fault:
    """More values than a plan can have."""
    return Fault(
        Code.FILE_TOO_LARGE,
        f"文件里的值超过 {limit} 个，从这里起没有检查",
        f"the file holds more than {limit} values; nothing from here on was checked",
        "大量号码请改用 CSV(lists) / put large numbers of lines into a CSV (lists)",
    )


def invisible(char: str) -> Fault:
    """A character that nobody can see, such as a zero-width space."""
    code = f"U+{ord(char):04X}"
    return Fault(
        Code.INVISIBLE_CHARACTER,
        f"有看不见的控制字符 {code}",
        f"there is an invisible control character {code}",
        "删掉该字符后重新输入这一行 / delete it and type the line again",
    )


def syntax(problem: str) -> Fault:
    """What the parser could not read."""
    return Fault(
        Code.YAML_SYNTAX,
        "YAML 语法错误，本文件其余部分没有检查",
        f"YAML syntax error: {clipped(problem)}; the rest of the file was not checked",
        _COLON if "mapping values" in problem else _SYNTAX,
    )


def misaligned(problem: str, line: int, column: int) -> Fault:
    """A line that does not stand below those that it belongs to, which begin at a line and column."""
    return Fault(
        Code.YAML_SYNTAX,
        "YAML 语法错误：这里与前面的内容对不齐，本文件其余部分没有检查",
        f"YAML syntax error: {clipped(problem)}; the rest of the file was not checked",
        f"这一组从第 {line} 行第 {column} 列开始，每一项都缩进到同一列；再看引号和括号是否成对 / "
        f"what it belongs to begins at line {line}, column {column}: indent each item to that column; "
        "see that quotes and brackets come in pairs",
    )


TAB = Fault(
    Code.YAML_SYNTAX,
    "缩进用了制表符(Tab)，本文件其余部分没有检查",
    "a tab indents this line; the rest of the file was not checked",
    "只用空格缩进 / indent with spaces only",
)
WIDE_COLON = Fault(
    Code.YAML_SYNTAX,
    "键后面是中文冒号“：”，本文件其余部分没有检查",
    "a Chinese colon stands behind the key; the rest of the file was not checked",
    "改为英文冒号加一个空格，例如 level: city / write an ASCII colon and a space, such as level: city",
)
NO_SPACE = Fault(
    Code.YAML_SYNTAX,
    "冒号后面没有空格，本文件其余部分没有检查",
    "there is no space behind the colon; the rest of the file was not checked",
    "在冒号后加一个空格，例如 level: city / put a space behind it, such as level: city",
)
OPEN_QUOTE = Fault(
    Code.YAML_SYNTAX,
    "从这里开始的引号没有在本行结束，本文件其余部分没有检查",
    "the quote that begins here does not end on its line; the rest of the file was not checked",
    '补上引号 " / close it with "',
)
AFTER_END = Fault(
    Code.YAML_SYNTAX,
    "结束标记“...”之后还有内容",
    "something stands behind the end mark `...`",
    "把它移到 ... 之前；... 只在最后一行 / move it in front of `...`, which is the last line",
)
_SYNTAX = (
    "检查这一行和上一行的缩进、冒号、引号和括号 / "
    "look at the indentation, colons, quotes and brackets of this line and the one before"
)
_COLON = (
    "文字里有“: ”就要加引号；否则检查上一行的缩进 / "
    "a text that holds a colon and a space stands in quotes; else look at the indentation"
)


def duplicate(key: str, first_line: int) -> Fault:
    """A key that stands twice in a mapping."""
    return Fault(
        Code.DUPLICATE_KEY,
        f"键 {clipped(key)} 重复，第一次在第 {first_line} 行",
        f"the key {clipped(key)} is repeated, first on line {first_line}",
        "只保留一个 / keep one of the two",
    )


def too_deep(levels: int) -> Fault:
    """Mappings and lists within one another beyond the limit."""
    return Fault(
        Code.TOO_DEEP,
        f"嵌套超过 {levels} 层",
        f"nested deeper than {levels} levels",
        "检查括号和缩进 / look at brackets and indentation",
    )
