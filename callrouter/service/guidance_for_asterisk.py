"""What callers can be told, as the static dialplan needs it: see `decide.guidance`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from callrouter.asterisk_link.of_the_plan import Told
from callrouter.decide.guidance import ANNOUNCED, guidance_key, guidances_of
from callrouter.prompts.renderings import line_sound_path, prompt_key
from callrouter.service.targets_for_asterisk import staff_of
from callrouter.settings import Settings
from callrouter.vocabulary.plan import Plan

_EXTENSION: Final = re.compile(r"[a-z0-9][a-z0-9-]+")
"""One letter alone is a special extension of Asterisk."""


def told_of(settings: Settings, plan: Plan, sounds: Path) -> Iterator[Told]:
    """Everything that an agent can have said; `sounds` is the folder of what Asterisk plays.

    In a dialplan a hyphen counts for nothing: of two whose ids differ by hyphens alone the first is kept.
    """
    spelled: set[str] = set()
    for guidance in guidances_of(plan, staff_of(settings)).by_id.values():
        letters = guidance.id.replace("-", "")
        if letters in spelled or not _EXTENSION.fullmatch(guidance.id):
            continue
        spelled.add(letters)
        own = guidance_key(guidance, plan)
        general = prompt_key(ANNOUNCED[guidance.sort].general)
        yield Told(guidance.id, guidance.code, own if line_sound_path(sounds, own).exists() else general)
