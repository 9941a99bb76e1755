"""Sounds that nobody recorded: silences, and recordings put together. Made before each start of Asterisk.

Rules:
- Sounds are A-law at 8000 samples a second, without a header: one behind the other is one.
- A recording that is not there is left out: that it is missing is told when the plan is loaded.
- What is right already is not written again, and a caller who hears the old one hears it to its end.
"""

from __future__ import annotations

from pathlib import Path

from callrouter.asterisk_link.of_the_plan import SILENCES
from callrouter.asterisk_link.place_in_queue import SOUND, places_told


def make_silences(folder: Path) -> None:
    """Write the silences around a notice: musiconhold.conf names them."""
    for name, milliseconds in SILENCES.items():
        # A-law's nought, 8000 times a second.
        _write(folder / f"{name}.alaw", b"\xd5" * (8 * milliseconds))


def make_places(folder: Path, recordings: Path) -> None:
    """Write what callers in a queue are told, each in its language's folder, of the `recordings` in a folder."""
    wanted = {key for told in places_told() for key in told.keys}
    files = {key: recordings / f"{key}.alaw" for key in wanted}
    sounds = {key: file.read_bytes() for key, file in files.items() if file.exists()}
    for told in places_told():
        whole = b"".join(sounds.get(key, b"") for key in told.keys)
        _write(folder / told.language / f"{SOUND}.alaw", whole)


def write_for_all(file: Path, content: bytes) -> None:
    """Write a file in one step that the account which Asterisk runs as may read, whatever the umask."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_bytes(content)
    new.chmod(0o644)
    new.replace(file)
    # The file's folder, and the one above, are what is made on the way.
    for folder in (file.parent, file.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o055)


def _write(file: Path, sound: bytes) -> None:
    if not file.exists() or file.read_bytes() != sound:
        write_for_all(file, sound)
