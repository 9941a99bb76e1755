"""How a spoken text is pronounced: words, pinyin, sounds. Needs the `synthesis` extra.

Rules:
- A number read digit by digit is one word, a hotline's five digits are two: 幺二三 四八, 九六 幺幺九,
  一二 三四五. Measured: said otherwise, a digit is easily lost. Other words are found by a dictionary.
- The catalogue's lexicon decides the pinyin of a word before any dictionary does.
- Pinyin is written with the tone as a digit, 5 for the neutral tone, and is printed for people to review.
- Tone changes in speech (你好 → ní hǎo) are left to the voice, which learned them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from callrouter.prompts.extra import needed

_MARKS = dict(zip("，、；：。！？", (", ", ", ", "; ", ": ", ". ", "! ", "? "), strict=True))
_NO_TIE = str.maketrans("", "", chr(0x32F))
_DIGIT = "[零幺一二三四五六七八九]"
_DIGIT_GROUPS = (
    f"(?:一二|九六)(?={_DIGIT}{{3}}(?!{_DIGIT}))",
    f"{_DIGIT}{{3}}(?={_DIGIT}{{2}}(?!{_DIGIT}))",
    f"{_DIGIT}{{2,}}",
)

RULES = "3"
"""The version of these rules: a change to what is pronounced must change it, so that all is said anew."""


class Pronunciation:
    """Pronounces with one lexicon: word → pinyin syllables, such as 长时间 → chang2 shi2 jian1."""

    def __init__(self, lexicon: Mapping[str, str]) -> None:
        self._lexicon = dict(lexicon)
        longest_first = sorted(self._lexicon, key=len, reverse=True)
        own_words = "|".join([*(re.escape(word) for word in longest_first), *_DIGIT_GROUPS])
        self._pieces = re.compile(
            f"({own_words})|([^，、；：。！？]+?(?={own_words}|[，、；：。！？]|$))|(.)"
        )

    def pinyin(self, sentence: str) -> str:
        """Give the pinyin, a space between syllables, for a person to review."""
        words = [" ".join(syllables) if syllables else mark for mark, syllables in self._words(sentence)]
        return " ".join(words)

    def sounds(self, sentence: str) -> str:
        """Give the sounds as the voice's alphabet writes them, a space between words."""
        to_sounds = needed("misaki.zh").ZHG2P.py2ipa
        text = ""
        for mark, syllables in self._words(sentence):
            text += "".join(map(to_sounds, syllables)) + " " if syllables else _MARKS[mark]
        return re.sub(r" +([,;:.!?])", r"\1", text).translate(_NO_TIE).strip()

    def _words(self, sentence: str) -> Iterator[tuple[str, list[str]]]:
        """Yield each word with its pinyin; a sentence mark has none."""
        for own_word, other_words, mark in self._pieces.findall(sentence):
            if own_word:
                yield own_word, self._syllables(own_word)
            elif other_words:
                for word in needed("jieba").lcut(other_words):
                    yield word, self._syllables(word)
            else:
                yield mark, []

    def _syllables(self, word: str) -> list[str]:
        if word in self._lexicon:
            return self._lexicon[word].split()
        library = needed("pypinyin")
        syllables: list[str] = library.lazy_pinyin(
            word, style=library.Style.TONE3, neutral_tone_with_five=True
        )
        return syllables
