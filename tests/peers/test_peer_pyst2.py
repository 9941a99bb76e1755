"""What pyst2 gets wrong, against ours.

Its third named defect, that it cannot parse `[name](!)` templates, has no counterpart of ours: we render
Asterisk's configuration and never parse it.  That our rendered templates are good is shown where it counts, by a
real Asterisk that loads them (every test in tests/end_to_end starts one).  Here pyst2 is given those very files.
"""

import asyncio
import importlib
import io
import socket
from pathlib import Path

import asterisk.agi
import asterisk.config
import pytest

from callrouter.asterisk_link.agi_dip import AgiRequest, AgiService, Answer
from callrouter.asterisk_link.agi_server import AgiServer
from callrouter.settings import PROJECT_ROOT

SOON_S = 5.0
ENVIRONMENT = b"agi_network: yes\nagi_network_script: arrival\nagi_callerid: 13800138000\n\n"


async def test_ours_serves_fastagi_over_a_socket_on_this_python() -> None:
    def handler(_request: AgiRequest) -> Answer:
        return Answer("VERDICT", "x")

    server = AgiServer(AgiService(handler, {"arrival": ()}))
    await server.start("127.0.0.1", 0)
    try:
        async with asyncio.timeout(SOON_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(ENVIRONMENT)
            assert await reader.readline() == b'SET VARIABLE VERDICT "x"\n'
            writer.write(b"200 result=1\n")
            assert await reader.read() == b""
            writer.close()
    finally:
        await server.stop()
    assert server.counters.answered == 1


def test_their_fastagi_imports_a_module_of_python_2() -> None:
    with pytest.raises(ModuleNotFoundError) as raised:
        importlib.import_module("asterisk.fastagi")
    assert raised.value.name == "SocketServer"


def test_their_agi_writes_text_to_a_socket_of_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its constructor takes over SIGHUP; that is not this test's matter.
    monkeypatch.setattr("asterisk.agi.signal.signal", lambda _number, _handler: None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(ENVIRONMENT)
        with theirs.makefile("rb") as incoming, theirs.makefile("wb") as outgoing:
            agi = asterisk.agi.AGI(stdin=incoming, stdout=outgoing, stderr=io.StringIO())
            assert agi.env["agi_network_script"] == "arrival"
            with pytest.raises(TypeError, match="bytes-like object is required, not 'str'"):
                agi.set_variable("VERDICT", "x")
        ours.setblocking(False)
        with pytest.raises(BlockingIOError):
            ours.recv(1024)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # it leaves the file open as well
@pytest.mark.parametrize("template", ["[phone](!)", "[1001](phone)"])
def test_theirs_cannot_parse_a_template_or_a_section_that_uses_one(tmp_path: Path, template: str) -> None:
    file = tmp_path / "pjsip.conf"
    file.write_text(f"{template}\ntype = endpoint\n")
    with pytest.raises(asterisk.config.ParseError, match="Missing"):
        asterisk.config.Config(str(file))


def test_our_configuration_uses_such_templates() -> None:
    assert "\n[phone](!)\n" in (PROJECT_ROOT / "asterisk" / "pjsip.conf.j2").read_text(encoding="utf-8")
