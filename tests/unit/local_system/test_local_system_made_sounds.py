"""The sounds that nobody recorded: silences, and a caller's place in the queue in one piece."""

from __future__ import annotations

import os
from pathlib import Path

from callrouter.asterisk_link.place_in_queue import places_told
from callrouter.local_system.made_sounds import make_places, make_silences


def recorded(folder: Path) -> Path:
    """Recordings that differ from one another."""
    folder.mkdir()
    for key in {key for told in places_told() for key in told.keys}:
        (folder / f"{key}.alaw").write_bytes(f"<{key}>".encode())
    return folder


def test_a_silence_is_as_long_as_the_notices_count_on(tmp_path: Path) -> None:
    make_silences(tmp_path / "silence")
    assert (tmp_path / "silence" / "lead.alaw").read_bytes() == b"\xd5" * 1600
    assert (tmp_path / "silence" / "tail.alaw").read_bytes() == b"\xd5" * 4000


def test_a_place_is_its_recordings_one_behind_the_other(tmp_path: Path) -> None:
    make_places(tmp_path / "places", recorded(tmp_path / "recordings"))
    three_ahead = tmp_path / "places" / "zh_CN_p3w5" / "place.alaw"
    assert three_ahead.read_bytes() == b"<q01><q03-3><q06-5><q08>"
    assert (tmp_path / "places" / "zh_CN_p0w0" / "place.alaw").read_bytes() == b"<q05><q08>"
    assert len(list((tmp_path / "places").iterdir())) == len(list(places_told()))


def test_what_is_not_recorded_is_left_out(tmp_path: Path) -> None:
    recordings = recorded(tmp_path / "recordings")
    (recordings / "q03-3.alaw").unlink()
    make_places(tmp_path / "places", recordings)
    assert (tmp_path / "places" / "zh_CN_p3w5" / "place.alaw").read_bytes() == b"<q01><q06-5><q08>"


def test_a_new_recording_is_taken_and_the_rest_is_not_written_again(tmp_path: Path) -> None:
    recordings, places = recorded(tmp_path / "recordings"), tmp_path / "places"
    make_places(places, recordings)
    before = {file: file.stat().st_ino for file in places.rglob("*.alaw")}
    (recordings / "q03-3.alaw").write_bytes(b"<anew>")
    make_places(places, recordings)
    changed = {file.parent.name for file, inode in before.items() if file.stat().st_ino != inode}
    assert changed == {told.language for told in places_told() if "q03-3" in told.keys}
    assert (places / "zh_CN_p3w5" / "place.alaw").read_bytes() == b"<q01><anew><q06-5><q08>"
    assert not list(places.rglob("*.new"))


def test_whoever_asterisk_runs_as_may_read_them_and_only_their_maker_may_change_them(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        made = tmp_path / "made"
        make_silences(made / "silence")
        make_places(made / "places", recorded(tmp_path / "recordings"))
    finally:
        os.umask(umask)
    for path in (made, *made.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path
