"""The coverage-guided fuzzer: a program of its own, because libFuzzer ends the process it runs in.

Usage: ``codec_fuzzer.py CODEC BUG [libFuzzer's arguments]``; CODEC is ``agi`` or ``ami``, BUG a name from
seeded_bugs.py or ``none``.  It exits with 0 when its time is over, with 77 when it has found something.
"""

import sys

import atheris

# Only the codecs tell it where it has been; the properties around them would be noise.
CODECS = [
    f"callrouter.asterisk_link.{name}"
    for name in (
        *("agi_arguments", "agi_command", "agi_environment", "agi_expected", "agi_protocol"),
        *("ami_messages", "ami_pending", "ami_protocol", "ami_trust", "wire_text"),
    )
]

with atheris.instrument_imports(include=CODECS):
    import agi_properties
    import ami_properties

if __name__ == "__main__":
    codec, bug, *rest = sys.argv[1:]
    if bug != "none":
        from seeded_bugs import BUGS

        BUGS[codec][bug]()
    atheris.Setup([sys.argv[0], *rest], {"agi": agi_properties.check, "ami": ami_properties.check}[codec])
    atheris.Fuzz()
