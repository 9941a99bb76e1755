"""Asterisk's documentation, cut to what it cannot start without."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from callrouter.local_system.documentation import cut_documentation

WHOLE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE docs SYSTEM "appdocsxml.dtd">
<docs xmlns:xi="http://www.w3.org/2001/XInclude">
<module name="app_dial"><support_level>core</support_level></module>
<application name="Dial" language="en_US"><synopsis>Calls somebody.</synopsis></application>
<function name="CHANNEL" language="en_US"><synopsis>Of a channel.</synopsis></function>
<manager name="Ping" language="en_US"><synopsis>Is anybody there?</synopsis></manager>
<agi name="answer" language="en_US"><synopsis>Answers.</synopsis></agi>
<managerEvent language="en_US" name="Hangup"><synopsis>Gone.</synopsis></managerEvent>
<configInfo name="cel" language="en_US"><configFile name="cel.conf"><configObject name="general">
<configOption name="enable"><synopsis>值</synopsis><xi:include xpointer="xpointer(/docs/x)"/></configOption>
</configObject></configFile></configInfo>
</docs>
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    folder = tmp_path / "installed"
    (folder / "thirdparty").mkdir(parents=True)
    (folder / "core-en_US.xml").write_text(WHOLE, encoding="utf-8")
    (folder / "thirdparty" / "own-en_US.xml").write_text(WHOLE, encoding="utf-8")
    return folder


def test_options_are_kept_whole_and_of_the_rest_the_names_that_asterisk_looks_for(
    installed: Path, tmp_path: Path
) -> None:
    cut_documentation(installed, tmp_path / "cut")
    for name in ("core-en_US.xml", "thirdparty/own-en_US.xml"):
        kept = ElementTree.fromstring((tmp_path / "cut" / name).read_bytes())
        assert [(part.tag, part.get("name"), len(part)) for part in kept] == [
            ("application", "Dial", 0), ("function", "CHANNEL", 0), ("manager", "Ping", 0), ("agi", "answer", 0),
            ("configInfo", "cel", 1),
        ]  # fmt: skip
        before = ElementTree.fromstring(WHOLE).find("configInfo")
        after = kept.find("configInfo")
        assert before is not None
        assert after is not None
        assert ElementTree.canonicalize(ElementTree.tostring(after), strip_text=True) == (
            ElementTree.canonicalize(ElementTree.tostring(before), strip_text=True)
        )


def test_what_is_installed_is_left_alone(installed: Path, tmp_path: Path) -> None:
    cut_documentation(installed, tmp_path / "cut")
    assert (installed / "core-en_US.xml").read_text(encoding="utf-8") == WHOLE
    assert (tmp_path / "cut" / "core-en_US.xml").stat().st_size < len(WHOLE)


def test_it_is_cut_once_and_again_when_another_asterisk_is_installed(installed: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut" / "core-en_US.xml"
    cut_documentation(installed, tmp_path / "cut")
    first = cut.stat().st_ino
    cut_documentation(installed, tmp_path / "cut")
    assert cut.stat().st_ino == first
    (installed / "core-en_US.xml").write_text(WHOLE.replace("cel", "cdr"), encoding="utf-8")
    os.utime(installed / "core-en_US.xml", (1_700_000_000, 1_700_000_000))
    cut_documentation(installed, tmp_path / "cut")
    assert b'name="cdr"' in cut.read_bytes()


def test_what_cannot_be_cut_is_taken_as_it_is(installed: Path, tmp_path: Path) -> None:
    (installed / "core-en_US.xml").write_text("<docs><configInfo></docs>", encoding="utf-8")
    cut_documentation(installed, tmp_path / "cut")
    assert (tmp_path / "cut" / "core-en_US.xml").read_text(encoding="utf-8") == "<docs><configInfo></docs>"
