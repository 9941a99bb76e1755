"""What a voice can say: Chinese characters and sentence marks; digits are read by a rule (`prompts.text`)."""

from __future__ import annotations

import re
from typing import Final

UNSPEAKABLE: Final = re.compile(r"[^\u4e00-\u9fff，。、！？；：]")
"""A character that no voice can say."""
_DIGITS: Final = re.compile(r"[0-9]")


def is_speakable(text: str) -> bool:
    """Tell whether a voice can say the text, its digits read by the rule."""
    return UNSPEAKABLE.search(_DIGITS.sub("", text)) is None
