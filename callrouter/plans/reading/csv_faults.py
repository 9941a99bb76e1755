"""What may be wrong with a CSV list of numbers, in words for an admin."""

from __future__ import annotations

import re

from callrouter.plans.codes import Code
from callrouter.plans.findings import Fault, clipped

HEADER = "number,name"

NOT_A_FILE = Fault(
    Code.FILE_UNREADABLE,
    "不是普通文件",
    "this is not a regular file",
    "放一个 CSV 文件在计划文件夹里 / put a CSV file into the plan's folder",
)
EMPTY = Fault(
    Code.FILE_EMPTY,
    "文件里没有号码",
    "there are no numbers in the file",
    f"第一行写 {HEADER},以后每行一个号码 / write {HEADER}, then a number a line",
)
CUT_OFF = Fault(
    Code.FILE_CUT_OFF,
    "最后一行没有换行，文件可能不完整",
    "the last row has no line end: the file may have been cut off",
    "确认文件完整后，在末尾加一个换行 / see that the file is whole, then end its last line",
)
NOT_UTF8 = Fault(
    Code.NOT_UTF8,
    "不是 UTF-8 编码，本文件其余部分没有检查",
    "this is not UTF-8; the rest of the file was not checked",
    "在 Excel 里另存为“CSV UTF-8” / save it as “CSV UTF-8” in Excel",
)
EMPTY_ROW = Fault(Code.CSV_ROW, "空行", "an empty line", "删除这一行 / delete this line")
LONG_ROW = Fault(
    Code.CSV_ROW,
    "这一行太长，本文件其余部分没有检查",
    "the row is too long; the rest of the file was not checked",
    "检查换行和引号 / look at line ends and quotes",
)
OPEN_QUOTE = Fault(
    Code.CSV_ROW,
    "引号没有在本行结束",
    "a quoted field does not end on its line",
    '补上引号；引号本身写成 "" / close it; write a quote itself as ""',
)
STRAY_QUOTE = Fault(
    Code.CSV_ROW,
    "引号的位置不对",
    "a quote stands where none may",
    '整个字段加引号，其中的引号写成 "" / quote the whole field, and write a quote in it as ""',
)
LONE_RETURN = Fault(
    Code.CSV_ROW,
    "行中有单独的回车符",
    "there is a carriage return within the row",
    "用 LF 或 CRLF 换行保存 / save it with LF or CRLF line ends",
)
NO_NAME = Fault(Code.CSV_ROW, "没有名称", "the name is missing", "写上名称 / write the name")
NO_NUMBER = Fault(Code.CSV_ROW, "没有号码", "the number is missing", "写上号码 / write the number")
EDGES = Fault(
    Code.CSV_ROW,
    "前后有空格，或有制表符、全角空格",
    "there are spaces around it, or odd ones in it",
    "删除多余的空格 / delete them",
)
EMERGENCY = Fault(
    Code.EMERGENCY_MIGRATES,
    "紧急号码不得归并",
    "an emergency number never migrates",
    "删除这一行；紧急呼叫由 desks.emergency 处理 / delete this row; desks.emergency serves such calls",
)
HUB = Fault(
    Code.HUB_AS_LINE,
    "12345 本身不是被归并的热线",
    "this is 12345 itself, not a line that moves to it",
    "删除这一行；见 plan.yaml 的 hub / delete this row; see hub in plan.yaml",
)


def unreadable(problem: str) -> Fault:
    """A file that isn't there or may not be read."""
    return Fault(
        Code.FILE_UNREADABLE,
        "文件无法读取",
        f"the file cannot be read ({problem})",
        "检查文件是否存在、是否有读取权限 / see that it exists and may be read",
    )


def too_large(octets: int) -> Fault:
    """A file beyond the limit."""
    return Fault(
        Code.FILE_TOO_LARGE,
        f"文件超过 {octets} 字节",
        f"the file is larger than {octets} bytes",
        "拆成多个列表 / split the list",
    )


def too_many(rows: int) -> Fault:
    """More rows, of all lists together, than a plan may have."""
    return Fault(
        Code.FILE_TOO_LARGE,
        f"列表的号码总数超过 {rows}，本文件没有检查",
        f"there are more than {rows} listed numbers; this file was not checked",
        "只列出本地的号码 / list the numbers of this place only",
    )


def wrong_header(found: str) -> Fault:
    """A first line that isn't the columns' names."""
    remedy = f"第一行写 {HEADER} / make the first line {HEADER}"
    if re.search("[，;；\t]", found):
        remedy = f"{remedy}；用英文逗号分隔 / separate with ASCII commas"
    return Fault(
        Code.CSV_HEADER,
        f"表头应为 {HEADER}，却是“{clipped(found)}”，本文件其余部分没有检查",
        f"the header is not {HEADER}; the rest of the file was not checked",
        remedy,
    )


def fields(found: int, row: str) -> Fault:
    """A row that hasn't two fields."""
    fix = "写成 号码,名称；名称里有逗号时加引号 / write number,name; quote a name with a comma"
    if found == 1 and re.search("[，;；\t]", row):
        fix = "用英文逗号分隔：号码,名称 / separate with an ASCII comma: number,name"
    return Fault(
        Code.CSV_ROW,
        f"应有 2 个字段，却有 {found} 个",
        f"there are {found} fields where 2 are wanted",
        fix,
    )


def invisible(char: str) -> Fault:
    """A control character that nobody sees."""
    code = f"U+{ord(char):04X}"
    return Fault(
        Code.INVISIBLE_CHARACTER,
        f"有看不见的控制字符 {code}",
        f"there is an invisible control character {code}",
        "删掉该字符后重新输入这一行 / delete it and type the line again",
    )


def odd_number(found: str, canonical: str | None) -> Fault:
    """A number that isn't one, or that is spelled in another way."""
    if canonical:
        remedy = f"写成 {canonical} / write {canonical}"
    elif "E+" in found.upper():
        remedy = (
            "在 Excel 里把此列设为“文本”后重新填写 / format the column as text in Excel and fill it in again"
        )
    else:
        remedy = (
            "写带区号的固定电话（03552180012）或手机号 / write a landline with its area code, or a mobile"
        )
    return Fault(
        Code.CSV_ROW,
        f"“{clipped(found, 30)}”不是带区号的固定电话或手机号",
        "this is not a landline with its area code, nor a mobile",
        remedy,
    )


def short_code(found: str) -> Fault:
    """A service short code, whose place is in YAML."""
    return Fault(
        Code.CSV_ROW,
        f"{clipped(found, 30)} 是短号码，不属于号码列表",
        "this is a short code: lists hold landlines and mobiles",
        "写进 lines.yaml 的 lines / write it under lines in lines.yaml",
    )


def long_name(most: int) -> Fault:
    """A name beyond the limit."""
    return Fault(
        Code.CSV_ROW,
        f"名称超过 {most} 个字",
        f"the name is longer than {most} characters",
        "缩短名称 / shorten it",
    )


def duplicate(number: str, place: str) -> Fault:
    """A number that stands somewhere else already."""
    return Fault(
        Code.DUPLICATE_NAME,
        f"号码 {number} 重复，已见于 {place}",
        f"already at {place}",
        "只保留一个 / keep one of the two",
    )


def untold(findings: int, unread_from: int) -> Fault:
    """How many more findings a file has, and from which line on (0: none) nobody has looked."""
    zh, en = (
        (f"，第 {unread_from} 行起没有检查", f"; nothing from line {unread_from} on was checked")
        if unread_from
        else ("", "")
    )
    return Fault(
        Code.CSV_ROW,
        f"从这一行起还有 {findings} 处错误没有列出{zh}",
        f"from this row on there are {findings} more errors that are not listed{en}",
        "先改正列出的错误，再检查一次 / correct those that are listed, then check again",
    )
