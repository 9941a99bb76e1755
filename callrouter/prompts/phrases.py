"""Announcements that a platform plays whatever its plan: in queue, menu and transfer, around a message, to agents.

Rules:
- Each is a whole sentence with a file of its own, and is played one after the other: `Playback(q01&q03-7&q06-4&q08)`.
- Quantities are never put together from digits: every position and every wait has its sentence, and what lies beyond
  the last one has a sentence too. The end of a ticket's number is read out two digits at a time: `w04-05&w04-31`.
  Said one by one, digits were taken for others by a recogniser, in twos they were not. So is a caller's number, the
  first digit alone where they are odd: `w05-1&w04-38&w04-00&w04-13&w04-80&w04-00`.
- Nobody is told a position or a wait of nought: whoever has nobody ahead is next.
"""

from __future__ import annotations

from typing import Final

from callrouter.prompts.catalogue import Catalogue
from callrouter.prompts.renderings import WantedPrompt, prompt_key
from callrouter.prompts.text import Spoken, spoken_count, spoken_digits
from callrouter.vocabulary.numbers import EMERGENCY_CODES

OF_THE_PLATFORM: Final = (
    *("G04", "G06", "Z01", "Z02", "M04", "M06", "O01"),
    *("Q01", "Q02", "Q04", "Q05", "Q07", "Q08", "Q09"),
    *("K01", "K02", "K03", "K04", "N03", "N04", "P02", "H03", "H05"),
    *("I01", "I02", "V01", "V02", "V03"),
    *("B11", "B12", "B13", "B15", "B16", "W01", "W02", "W03"),
    *("A01", "A02", "A03", "A04", "A05", "R01", "R02"),
    *(f"C{number:02}" for number in range(2, 43) if number not in {18, 19, 33}),
)
"""Those without a variable: the file is named by the id alone."""

MOST_AHEAD: Final = 50
"""Callers ahead, up to which there is a sentence for each number."""
LONGEST_WAIT_MIN: Final = 30
"""Minutes of waiting, up to which there is a sentence for each number."""

_COUNTED: Final = (("Q03", "position", MOST_AHEAD), ("Q06", "wait_min", LONGEST_WAIT_MIN))
"""The id, its variable and the last number; the first is 1."""
_PAIRS: Final = ("W04", "digits")
"""The id and its variable."""
_DIGITS: Final = ("W05", "digits")
"""The same, of one digit."""
_EMERGENCY: Final = "emg_no"
OF_EMERGENCIES: Final = ("M01", "M02", "M03")
"""Those with an emergency number: a file for each of 110, 119, 120 and 122, `m02-110`."""


def position_key(ahead: int) -> str:
    """Return the file key of the sentence for so many callers ahead: `q03-7`, `q04` above 50, `q05` for the next.

    Raises ValueError below 0.
    """
    if ahead < 0:
        raise ValueError(f"{ahead} callers can't be ahead: count from 0")
    if ahead == 0:
        return prompt_key("Q05")
    return prompt_key("Q03", str(ahead)) if ahead <= MOST_AHEAD else prompt_key("Q04")


def wait_key(seconds: float) -> str:
    """Return the file key of the sentence for an expected wait, in minutes begun: `q06-4`, `q07` above 30 minutes.

    Raises ValueError below 0.
    """
    if seconds < 0:
        raise ValueError(f"nobody waits for {seconds} s: count from 0")
    minutes = max(1, -int(-seconds // 60))
    return prompt_key("Q06", str(minutes)) if minutes <= LONGEST_WAIT_MIN else prompt_key("Q07")


def phrases(catalogue: Catalogue) -> tuple[WantedPrompt, ...]:
    """Return everything that must have been rendered whatever the plan.

    Raises PromptError when the catalogue lacks one, or one speaks what is not known here.
    """
    plain = (catalogue.entry(prompt_id).want({}) for prompt_id in OF_THE_PLATFORM)
    counted = (
        catalogue.entry(prompt_id).want({variable: Spoken(str(number), spoken_count(number))}, str(number))
        for prompt_id, variable, last in _COUNTED
        for number in range(1, last + 1)
    )
    spelt, of_digits = _PAIRS
    pairs = (
        catalogue.entry(spelt).want({of_digits: Spoken(pair, spoken_digits(pair))}, pair)
        for pair in (f"{number:02}" for number in range(100))
    )
    digit, of_digit = _DIGITS
    digits = (
        catalogue.entry(digit).want({of_digit: Spoken(one, spoken_digits(one))}, one) for one in "0123456789"
    )
    emergencies = (
        catalogue.entry(prompt_id).want({_EMERGENCY: Spoken(number, spoken_digits(number))}, number)
        for prompt_id in OF_EMERGENCIES
        for number in sorted(EMERGENCY_CODES)
    )
    return (*plain, *counted, *pairs, *digits, *emergencies)
