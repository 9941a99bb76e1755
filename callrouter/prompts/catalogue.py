"""The catalogue of announcements: what is said when, in words an admin may edit (`catalogue.yaml`).

Rules:
- Every value is read as the text that stands there: YAML's guesses (0755 → 493, on → true) do not happen.
- A key that stands twice, an unknown field or a missing one is an error with file and line.
- The variables of a prompt are those in its text; there is no second list of them to fall out of step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml

from callrouter.prompts.findings import PromptError
from callrouter.prompts.renderings import WantedPrompt, prompt_key
from callrouter.prompts.text import FilledText, Spoken, fill, variables_of

FILE_NAME = "catalogue.yaml"


class Line(StrEnum):
    """Who hears a prompt, and whether the call must be answered first."""

    EARLY_MEDIA = "early_media"
    """May be played before the answer, so that the caller is not charged."""
    ANSWERED = "answered"
    WHISPER = "whisper"
    """Heard by the other side only, such as a branch agent."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One announcement of the catalogue."""

    prompt_id: str
    """Such as `T01`."""
    text: str
    """Mandarin, with {variables}."""
    gloss: str
    """The same in English, for those who work on it."""
    when: str
    line: Line
    longest_seconds: float
    trace: str
    """The requirement or the policy document line that it answers to."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Name the variables, in the order of their appearance."""
        return variables_of(self.text)

    def fill(self, values: Mapping[str, str | Spoken]) -> FilledText:
        """Fill the text with values. Raises PromptError: see `text.fill`."""
        return fill(self.prompt_id, self.text, values)

    def want(self, values: Mapping[str, str | Spoken], number: str | None = None) -> WantedPrompt:
        """Say what a plan wants of this prompt, for the line of a dialled number if it is spoken per line."""
        return WantedPrompt(prompt_key(self.prompt_id, number), self.prompt_id, self.fill(values).said)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All announcements, and how the voice says them."""

    voice: str
    speed: float
    """1.0 is the voice's own pace; more is faster."""
    lexicon: Mapping[str, str]
    """Word → pinyin, where the dictionaries are wrong."""
    prompts: Mapping[str, CatalogueEntry]

    def entry(self, prompt_id: str) -> CatalogueEntry:
        """Give the entry of a prompt id. Raises PromptError when the catalogue has none."""
        if prompt_id not in self.prompts:
            raise PromptError(
                FILE_NAME,
                f"there is no prompt {prompt_id}",
                f"add {prompt_id} under prompts:, or correct the id",
            )
        return self.prompts[prompt_id]


def load_catalogue(folder: Path) -> Catalogue:
    """Read `catalogue.yaml` in the prompts folder. Raises PromptError with file and line."""
    path = folder / FILE_NAME
    try:
        root = yaml.compose(path.read_text("utf-8"), yaml.CSafeLoader)
    except FileNotFoundError:
        raise PromptError(str(path), "there is no such file", "name the folder that holds it") from None
    except yaml.YAMLError as fault:
        raise PromptError(str(path), f"this is not YAML: {fault}", "correct the line it names") from None
    top = _Section(path, root, "the catalogue")
    catalogue = Catalogue(
        voice=top.text("voice"),
        speed=top.number("speed"),
        lexicon=dict(top.section("lexicon").all_texts()),
        prompts={name: _entry(name, section) for name, section in top.section("prompts").sections()},
    )
    top.no_more()
    return catalogue


def _entry(prompt_id: str, section: _Section) -> CatalogueEntry:
    entry = CatalogueEntry(
        prompt_id=prompt_id,
        text=section.text("text"),
        gloss=section.text("gloss"),
        when=section.text("when"),
        line=section.line_kind("line"),
        longest_seconds=section.number("longest_seconds"),
        trace=section.text("trace"),
    )
    section.no_more()
    return entry


class _Section:
    """One YAML mapping, whose fields are taken one after the other."""

    def __init__(self, path: Path, node: yaml.Node | None, name: str) -> None:
        self._path, self._name = path, name
        self._row = node.start_mark.line + 1 if node else 1
        if not isinstance(node, yaml.MappingNode):
            raise self._error(
                self._row, f"{name} is not a list of `name: value`", "indent its fields below it"
            )
        self._fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            row = key.start_mark.line + 1
            if key.value in self._fields:
                raise self._error(row, f"{key.value} stands twice in {name}", "remove one of the two")
            self._fields[key.value] = value

    def text(self, field: str) -> str:
        """Take a field's text as it stands there."""
        return self._scalar(field)[0]

    def number(self, field: str) -> float:
        """Take a number above zero."""
        text, row = self._scalar(field)
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if not 0 < number < 1000:
            raise self._error(
                row, f"{field} of {self._name} is no number above zero", "write one, such as 1.1"
            )
        return number

    def line_kind(self, field: str) -> Line:
        """Take one of the kinds of line."""
        text, row = self._scalar(field)
        try:
            return Line(text)
        except ValueError:
            raise self._error(
                row, f"{field} of {self._name} is {text}", f"write one of {', '.join(Line)}"
            ) from None

    def section(self, field: str) -> _Section:
        """Take a mapping below this one."""
        return _Section(self._path, self._take(field), field)

    def sections(self) -> Iterator[tuple[str, _Section]]:
        """Take every field as a mapping."""
        for name, node in self._fields.items():
            yield name, _Section(self._path, node, name)

    def all_texts(self) -> Iterator[tuple[str, str]]:
        """Take every field as a text."""
        for name in list(self._fields):
            yield name, self.text(name)

    def no_more(self) -> None:
        """Refuse the fields that nobody has taken."""
        for name, node in self._fields.items():
            raise self._error(
                node.start_mark.line + 1, f"{self._name} has an unknown field {name}", "correct or remove it"
            )

    def _scalar(self, field: str) -> tuple[str, int]:
        """Take a field's text and its row."""
        value = self._take(field)
        row = value.start_mark.line + 1
        if not isinstance(value, yaml.ScalarNode) or not value.value:
            raise self._error(row, f"{field} of {self._name} is no text", "write a text")
        return str(value.value), row

    def _take(self, field: str) -> yaml.Node:
        if field not in self._fields:
            raise self._error(self._row, f"{self._name} has no {field}", f"add `{field}: …`")
        return self._fields.pop(field)

    def _error(self, row: int, fault: str, remedy: str) -> PromptError:
        return PromptError(f"{self._path}:{row}", fault, remedy)
