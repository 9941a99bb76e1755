"""What the transcripts of a real Asterisk, and the inputs that are kept in ``corpus``, look like to the fuzzers."""

import ast
from pathlib import Path

HERE = Path(__file__).parent
TRANSCRIPTS = HERE.parent / "wire" / "transcripts"
_ANY_PEER = b"\0"


def recorded_inputs(codec: str) -> dict[str, bytes]:
    """The transcripts of a codec (``agi`` or ``ami``), by name; what we sent is a command."""
    # The actions in the transcripts count from 1, the fuzzers' from 0.
    start = _ANY_PEER + (b"\xffc" if codec == "ami" else b"")
    return {file.stem: start + _steps(file) for file in sorted(TRANSCRIPTS.glob(f"{codec}_*.txt"))}


def _steps(file: Path) -> bytes:
    found, before = b"", ""
    for line in file.read_text("ascii").splitlines():
        sent = line[0] == ">"
        # A command may stand in several chunks.
        found += b"" if sent and before == ">" else b"\xffc" if sent else ast.literal_eval(line[2:])
        before = line[0]
    return found


def kept_inputs(codec: str) -> dict[str, bytes]:
    """The inputs that once were worth keeping, by name."""
    return {file.name: file.read_bytes() for file in sorted((HERE / "corpus" / codec).iterdir())}
