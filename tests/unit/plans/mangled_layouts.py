"""The same plan files, laid out as nobody would: other indentation, quotes and brackets, and comments everywhere."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from callrouter.plans.reading.written import ListMarks, MappingMarks, Marks, Plain, Written
from callrouter.plans.reading.yaml_reader import read_text


class Taste(NamedTuple):
    """What is done to a file beside other indentation and quotes."""

    brackets: bool
    shuffled: bool
    comments: bool


class Mangler:
    """Writes one file anew, by chance."""

    def __init__(self, chance: Random, taste: Taste) -> None:
        self._chance = chance
        self._taste = taste
        self.comments: list[str] = []
        """What was put in, in order."""

    def file(self, text: str) -> str:
        written = read_text(text, Written("mangled.yaml"))
        assert not written.findings
        head = self._lines("") + ("---\n" if self._one_in(4) else "")
        body = self._block(written.data, written.marks, " " * self._chance.choice((0, 0, 2)))
        end = f"{head}{body}{self._lines('')}...{self._beside()}\n"
        return end + self._lines("") if self._one_in(3) else end

    def _one_in(self, many: int) -> bool:
        return self._chance.randrange(many) == 0

    def _comment(self) -> str:
        self.comments.append(f'# 注释 {len(self.comments)}: "it\'s" [#]')
        return self.comments[-1]

    def _beside(self) -> str:
        """What may follow on a line: spaces, a comment."""
        spaces = self._chance.choice(("", "", " ", "\t"))
        return f" {spaces}{self._comment()}{spaces}" if self._taste.comments and self._one_in(5) else spaces

    def _lines(self, indent: str) -> str:
        """What may stand on lines of its own: comments somewhat out of line, blank lines."""
        lines = ""
        while self._one_in(4):
            if self._taste.comments and self._chance.random() < 0.7:
                lines += f"{indent}{self._chance.choice(('', ' ', '   '))}{self._comment()}\n"
            else:
                lines += self._chance.choice(("\n", "  \n", "\n\n\n"))
        return lines

    def _block(self, data: Plain, marks: Marks, indent: str) -> str:
        """A mapping or list, each entry a line or more."""
        if isinstance(data, dict):
            assert isinstance(marks, MappingMarks)
            keys = list(data)
            # Names that an author gave stand in the author's order.
            if self._taste.shuffled and not all(isinstance(value, dict) for value in data.values()):
                self._chance.shuffle(keys)
            return "".join(
                self._lines(indent)
                + f"{indent}{self._key(key)}:{self._value(data[key], marks.values[key], indent)}"
                for key in keys
            )
        assert isinstance(data, list)
        assert isinstance(marks, ListMarks)
        return "".join(
            f"{self._lines(indent)}{indent}-{self._item(item, mark, indent)}"
            for item, mark in zip(data, marks.items, strict=True)
        )

    def _value(self, data: Plain, marks: Marks, indent: str) -> str:
        """What follows a key's colon."""
        if self._is_inline(data):
            if self._one_in(8):
                before = f"{self._beside()}\n{self._lines(indent)}{indent}  "
                return f"{before}{self._inline(data, marks, indent)}{self._beside()}\n"
            return f" {self._spaces()}{self._inline(data, marks, indent)}{self._beside()}\n"
        deeper = indent + " " * self._chance.choice((1, 2, 4))
        if isinstance(data, list) and self._one_in(3):
            deeper = indent
        return f"{self._beside()}\n{self._block(data, marks, deeper)}"

    def _item(self, data: Plain, marks: Marks, indent: str) -> str:
        """What follows an item's dash."""
        if self._is_inline(data):
            return f" {self._inline(data, marks, indent)}{self._beside()}\n"
        deeper = indent + " " * self._chance.choice((2, 3, 5))
        block = self._block(data, marks, deeper)
        if block.startswith(deeper) and block[len(deeper)] not in "# \t\n" and not self._one_in(6):
            return f"{deeper[len(indent) + 1 :]}{block[len(deeper) :]}"
        # No comment beside the dash: it would come after those of the block, which is made already.
        return f"{self._chance.choice(('', ' '))}\n{block}"

    def _is_inline(self, data: Plain) -> bool:
        if isinstance(data, str) or not data:
            return True
        if not self._taste.brackets:
            return all(isinstance(value, str) for value in data) and isinstance(data, list)
        return self._one_in(3)

    def _inline(self, data: Plain, marks: Marks, indent: str) -> str:
        if isinstance(data, str):
            assert isinstance(marks, int)
            return self._scalar(data, plain=bool(marks & 1))
        if isinstance(data, dict):
            assert isinstance(marks, MappingMarks)
            values = [(f"{self._key(key)}: ", data[key], marks.values[key]) for key in data]
            opened, closed = "{}"
        else:
            assert isinstance(marks, ListMarks)
            values = [("", item, mark) for item, mark in zip(data, marks.items, strict=True)]
            opened, closed = "[]"
        text = opened + self._within(indent)
        for index, (key, value, mark) in enumerate(values):
            text += f",{self._within(indent)}" if index else ""
            text += f"{key}{self._inline(value, mark, indent)}{self._within(indent)}"
        return text + closed

    def _within(self, indent: str) -> str:
        """What may stand between two words in brackets."""
        if not self._taste.brackets or not self._one_in(5):
            return self._spaces()
        return f" {self._beside()}\n{self._lines(indent)}{indent}    "

    def _spaces(self) -> str:
        return self._chance.choice(("", "", " ", "  "))

    def _key(self, key: str) -> str:
        return self._chance.choice((key, key, key, f'"{key}"'))

    def _scalar(self, value: str, *, plain: bool) -> str:
        if plain:
            return value
        if self._one_in(2) and value.isprintable():
            return "'" + value.replace("'", "''") + "'"
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
