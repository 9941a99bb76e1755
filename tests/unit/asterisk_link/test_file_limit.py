"""How many connections may be open."""

from __future__ import annotations

import resource

import pytest

from callrouter.asterisk_link import file_limit


@pytest.mark.parametrize(
    ("soft", "hard", "wanted", "room", "raised_to"),
    [
        (1024, 524288, 4096, 4096, 4352),
        (1024, 1024, 4096, 768, None),
        (1024, 2048, 4096, 1792, 2048),
        (65536, 65536, 4096, 4096, None),
        (100, 100, 4096, 1, None),
        (-1, -1, 4096, 4096, None),
        (1024, -1, 4096, 4096, 4352),
    ],
)
def test_the_limit_of_open_files_is_raised_as_far_as_is_needed_and_allowed(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, wanted: int, room: int, raised_to: int | None
) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _which, limits: raised.append(limits))
    assert file_limit.room_for(wanted) == room
    assert [limit for limit, _ in raised if limit != soft] == ([] if raised_to is None else [raised_to])
