"""A line of the queue log is read as Asterisk writes it, and anything else is none."""

import pytest

from callrouter.vocabulary.queue_log import QueueRow, QueueRowError, queue_row


def test_a_line_is_read_into_its_fields() -> None:
    row = queue_row("1795341140|lab-1.1|hotline|PJSIP/1018|CONNECT|16|lab-2.2|1")
    assert row == QueueRow(1795341140, "lab-1.1", "hotline", "PJSIP/1018", "CONNECT", ("16", "lab-2.2", "1"))
    assert row.at.isoformat() == "2026-11-22T09:52:20+00:00"


def test_a_line_that_says_nothing_of_its_event_has_no_data() -> None:
    assert queue_row("1795341100|NONE|NONE|NONE|QUEUESTART|").data == ()


def test_an_empty_value_before_others_keeps_its_place() -> None:
    assert queue_row("1795341100|lab-1.1|q|NONE|ENTERQUEUE||138|1").data == ("", "138", "1")


def test_an_event_that_a_manager_wrote_may_name_no_member() -> None:
    assert queue_row("1795341100|NONE|q||NOTE|x").member == ""


@pytest.mark.parametrize(
    "line",
    [
        *(
            "",
            "1795341100|a|q|m|EVENT",
            "x|a|q|m|EVENT|",
            "-1|a|q|m|EVENT|",
            "1.5|a|q|m|EVENT|",
            "|a|q|m|EVENT|",
        ),
        *("\u0661|a|q|m|EVENT|", "123456789012|a|q|m|EVENT|", " 1|a|q|m|EVENT|"),
        *("1795341100||q|m|EVENT|", "1795341100|a||m|EVENT|", "1795341100|a|q|m||"),
    ],
)
def test_anything_else_is_no_line_and_is_not_quoted(line: str) -> None:
    with pytest.raises(QueueRowError) as refused:
        queue_row(line)
    assert line == "" or line not in str(refused.value)
