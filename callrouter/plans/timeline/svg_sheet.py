"""A sheet of SVG: shapes and texts at positions, written as one self-contained, well-formed file.

Rules:
- Text is escaped by the writer, never by hand; nothing outside the file is referred to.
- Fonts are named from the specific to the generic, so that Chinese shows wherever it is opened.
"""

from __future__ import annotations

from typing import Final
from unicodedata import east_asian_width
from xml.etree import ElementTree

FONTS: Final = (
    "'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', "
    "'WenQuanYi Zen Hei', sans-serif"
)
INK: Final = "#222222"
FAINT: Final = "#767676"


class Sheet:
    """A drawing that grows downwards; sizes are in pixels."""

    def __init__(self, title: str, width: float) -> None:
        self.width, self.height = width, 0.0
        self._root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img"})
        self._root.set("font-family", FONTS)
        self._child("title").text = title
        self._definitions = self._child("defs")
        self._paper = self._child("rect", x=0, y=0, fill="#ffffff")

    def hatching(self, name: str, ink: str) -> None:
        """Define a pattern of thin diagonal lines that a box may be filled with: `url(#name)`."""
        pattern = ElementTree.SubElement(
            self._definitions,
            "pattern",
            id=name,
            width="6",
            height="6",
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
        ElementTree.SubElement(
            pattern, "line", x1="0", y1="0", x2="0", y2="6", stroke=ink, attrib={"stroke-width": "1.6"}
        )

    def box(
        self, x: float, y: float, width: float, height: float, *, about: str = "", **style: object
    ) -> None:
        """Draw a rectangle; `about` is shown by viewers that have a pointer."""
        drawn = self._child("rect", x=x, y=y, width=width, height=height, **style)
        if about:
            ElementTree.SubElement(drawn, "title").text = about

    def line(self, x1: float, y1: float, x2: float, y2: float, **style: object) -> None:
        """Draw a straight line."""
        self._child("line", x1=x1, y1=y1, x2=x2, y2=y2, **style)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        ink: str = INK,
        about: str = "",
        **style: object,
    ) -> None:
        """Write one line; `y` is its base line."""
        written = self._child("text", x=x, y=y, font_size=size, fill=ink, **style)
        written.text = text
        if about:
            ElementTree.SubElement(written, "title").text = about

    def whole(self, height: float) -> str:
        """The file's text, ending in a line break."""
        for sized in (self._root, self._paper):
            sized.set("width", _plain(self.width))
            sized.set("height", _plain(height))
        self._root.set("viewBox", f"0 0 {_plain(self.width)} {_plain(height)}")
        ElementTree.indent(self._root, " ")
        return ElementTree.tostring(self._root, encoding="unicode") + "\n"

    def _child(self, tag: str, **attributes: object) -> ElementTree.Element:
        spelt = {name.replace("_", "-"): _plain(value) for name, value in attributes.items()}
        return ElementTree.SubElement(self._root, tag, spelt)


def text_width(text: str, size: float) -> float:
    """About how wide a text is: a Chinese character is as wide as its size, a letter some six tenths of it."""
    return sum(size if east_asian_width(char) in "WF" else size * 0.6 for char in text)


def shortened(text: str, size: float, width: float) -> str:
    """The text, cut with an ellipsis where it would be wider than `width`."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(f"{text}…", size) > width:
        text = text[:-1]
    return f"{text}…"


def _plain(value: object) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
