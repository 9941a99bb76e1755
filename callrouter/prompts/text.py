"""From a catalogue text and values to what is written on a screen and what a voice says.

Rules:
- A prompt has two texts. The *written* one is for people who read (12300); the *spoken* one is exactly what
  is said (幺二三零零), holds Chinese characters and sentence marks only, and identifies a rendering.
- A value that must not be machine-read, such as a dialled number, is given as a `Spoken` pair. Everything
  else is a plain string, whose digits are read by the default rule.
- The default rule: one digit is a plain number (按1 → 按一); two digits are a quantity (15 → 十五); three or
  more are read digit by digit with 幺 for 1. 12345 alone is read 一二三四五: that is its name.
- Every variable of the prompt has a value, and every value has a variable; anything else is an error.
- People count with 两: 两位, 两分钟; in larger numbers it is 二 again (十二, 二十二).
- An e-mail address is spelt: its letters by their names, at most four in one breath.
- An interval is half-open: the last day of a transition is the day before its end. A year is spoken only
  when it is not the current one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from callrouter.prompts.findings import PromptError
from callrouter.vocabulary.speakable import UNSPEAKABLE

HOTLINE = "12345"
_HOTLINE_SPOKEN = "一二三四五"
_DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_NUMERALS = "零一二三四五六七八九"
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        (
            *("诶", "必", "西", "弟", "衣", "艾弗", "寄", "诶尺", "爱", "杰", "克诶", "艾楼", "艾姆"),
            *("恩", "欧", "批", "丘", "阿尔", "艾斯", "踢", "优", "威", "达不溜", "艾克斯", "歪", "贼"),
        ),
        strict=True,
    )
)
"""What a letter is called in Chinese; where a dictionary reads it otherwise, the catalogue's lexicon knows better."""
_SIGNS = {"@": "艾特", ".": "点", "-": "横杠", "_": "下划线", "+": "加号"}
_LETTERS_IN_ONE_BREATH = 4
_ADDRESS_PIECES = re.compile(r"[a-z]+|[0-9]+|[^a-z0-9]")
_PARTS_OF_THE_DAY = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (25, "晚上"))
"""Up to which hour a part of the day lasts."""
_VARIABLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A value whose reading is decided by people: a hotline number, a name."""

    written: str
    said: str


@dataclass(frozen=True, slots=True)
class FilledText:
    """A prompt's text with its variables filled in."""

    written: str
    """For the console and the logs of what was played: 您拨打的12300…."""
    said: str
    """For the voice: 您拨打的幺二三零零…."""


def variables_of(text: str) -> tuple[str, ...]:
    """Name the variables of a catalogue text, each once, in the order of their appearance."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def fill(prompt_id: str, text: str, values: Mapping[str, str | Spoken]) -> FilledText:
    """Put the values into a catalogue text, once as written and once as spoken.

    Raises PromptError when a variable has no value, a value no variable, or when something is left that a
    voice cannot say.
    """
    wanted = set(variables_of(text))
    for name in sorted(wanted - values.keys()):
        raise PromptError(
            f"prompt {prompt_id}", f"the variable {{{name}}} has no value", f"give {name} in the plan"
        )
    for name in sorted(values.keys() - wanted):
        raise PromptError(
            f"prompt {prompt_id}",
            f"the value {name} is not used by the text",
            f"put {{{name}}} into the text in the catalogue, or leave the value out",
        )
    written = _VARIABLE.sub(lambda found: _written(values[found[1]]), text)
    pieces = _VARIABLE.split(text)
    said = "".join(
        _said(values[piece]) if place % 2 else spoken_numbers(piece) for place, piece in enumerate(pieces)
    )
    if rest := UNSPEAKABLE.search(said):
        raise PromptError(
            f"prompt {prompt_id}",
            f"the voice cannot say the character U+{ord(rest[0]):04X}",
            "write it in Chinese characters, or give the value as a pair of written and said",
        )
    return FilledText(written, said)


def spoken_digits(number: str) -> str:
    """Read a number digit by digit, 1 as 幺: 12300 → 幺二三零零. Only 12345 is 一二三四五."""
    if number == HOTLINE:
        return _HOTLINE_SPOKEN
    return "".join(_DIGITS[digit] for digit in number)


def spoken_numbers(text: str) -> str:
    """Replace each run of digits in a text by its default reading (see the rules above)."""
    return re.sub(r"[0-9]+", lambda run: _reading(run[0]), text)


def spoken_count(number: int) -> str:
    """Say how many, from 0 to 99, before 位 or 分钟: 2 → 两, 12 → 十二, 50 → 五十."""
    return "两" if number == 2 else _quantity(number)


def spoken_address(address: str) -> str:
    """Spell an e-mail address: li@12345.cn → 艾楼爱，艾特一二三四五，点西恩.

    Raises PromptError for a character that has no name here.
    """
    breaths: list[str] = []
    sign = ""  # said in one breath with what follows it
    for piece in _ADDRESS_PIECES.findall(address.lower()):
        if piece in _SIGNS:
            sign += _SIGNS[piece]
            continue
        first, *rest = _breaths(piece)
        breaths += [sign + first, *rest]
        sign = ""
    return "，".join([*breaths, sign] if sign else breaths)


def _breaths(piece: str) -> list[str]:
    """Spell the letters or the digits of an address."""
    if piece.isascii() and piece.isdigit():
        return [spoken_digits(piece)]
    if piece.isascii() and piece.isalpha():
        return _spelt(piece)
    raise PromptError(
        "an e-mail address",
        f"the voice cannot spell the character U+{ord(piece):04X}",
        "give an address of letters, digits and . - _ +",
    )


def _spelt(letters: str) -> list[str]:
    """Spell letters in as few breaths as can be, none much longer than another: 13 → 4, 3, 3, 3."""
    breaths = -(-len(letters) // _LETTERS_IN_ONE_BREATH)
    least, longer = divmod(len(letters), breaths)
    spelt, begins = [], 0
    for breath in range(breaths):
        ends = begins + least + (breath < longer)
        spelt.append("".join(_LETTERS[letter] for letter in letters[begins:ends]))
        begins = ends
    return spelt


def spoken_date(day: date, this_year: int) -> str:
    """Say a date: 九月三十日, or 二零二二年九月三十日 when its year is not this one."""
    month_and_day = f"{_quantity(day.month)}月{_quantity(day.day)}日"
    if day.year == this_year:
        return month_and_day
    return "".join(_NUMERALS[int(digit)] for digit in str(day.year)) + "年" + month_and_day


def spoken_time(minutes: int) -> str:
    """Say a time of day, in minutes since midnight: 480 → 上午八点, 1230 → 晚上八点半, 1440 → 晚上十二点."""
    hour, minute = divmod(minutes, 60)
    part = next(name for until, name in _PARTS_OF_THE_DAY if hour < until)
    on_the_clock = hour - 12 if hour > 12 else hour
    said = "两" if on_the_clock == 2 else _quantity(on_the_clock)
    if minute == 30:
        return f"{part}{said}点半"
    return f"{part}{said}点" + (f"{'零' if minute < 10 else ''}{_quantity(minute)}分" if minute else "")


def last_day(until: datetime, zone: tzinfo) -> date:
    """Tell the last whole day before a half-open end, in the plan's time zone.

    2021-10-01T00:00+08:00 → 2021-09-30. The stop day is the end's own date: `stop_day`.
    """
    return stop_day(until, zone) - timedelta(days=1)


def stop_day(until: datetime, zone: tzinfo) -> date:
    """Tell the day on which a half-open interval ends, in the plan's time zone.

    Raises ValueError for a datetime without a time zone.
    """
    if until.tzinfo is None:
        raise ValueError("the end of an interval has no time zone: give one, such as +08:00")
    return until.astimezone(zone).date()


def _reading(run: str) -> str:
    if len(run) >= 3:
        return spoken_digits(run)
    return _quantity(int(run))


def _quantity(number: int) -> str:
    """Say 0–99 as a quantity: 7 → 七, 10 → 十, 31 → 三十一."""
    tens, ones = divmod(number, 10)
    if not tens:
        return _NUMERALS[ones]
    return ("" if tens == 1 else _NUMERALS[tens]) + "十" + (_NUMERALS[ones] if ones else "")


def _written(value: str | Spoken) -> str:
    return value.written if isinstance(value, Spoken) else value


def _said(value: str | Spoken) -> str:
    return value.said if isinstance(value, Spoken) else spoken_numbers(value)
