"""The table of listed numbers answers as a dict would, whatever is put in and asked for."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callrouter.vocabulary.migration import Landing, Mode, NumberFate, Phase, PhaseName, Schedule, SeatFate
from callrouter.vocabulary.number_rows import MOST_ROWS, NumberRows
from callrouter.vocabulary.number_table import LineList, LineLists, ListFile, spoken_digits

_AT = datetime(2021, 9, 1, tzinfo=UTC)


def _schedule(name: str) -> Schedule:
    fates = (NumberFate.KEPT, SeatFate.NONE)
    phase = Phase(PhaseName.IN_FORCE, None, None, Landing.PLATFORM, *fates, "T03", "000:L1", "lines.yaml:3:5")
    return Schedule(name, Mode.ABSORBED, *fates, (phase,), (), (), "lines.yaml:2:3")


def _list(name: str) -> LineList:
    return LineList(
        name, f"{name}的电话", "该部门", _schedule(name), f"{name}.csv", "000:L9", "lines.yaml:9:5"
    )


def landlines() -> st.SearchStrategy[str]:
    local = st.from_regex(r"[2-8][0-9]{6,7}", fullmatch=True)
    return st.builds("{}{}".format, st.sampled_from(["010", "020", "028", "0355", "0755", "0999"]), local)


def numbers() -> st.SearchStrategy[str]:
    blocks = st.integers(0, 200).map(lambda last: f"0355218{last:04d}")
    return st.one_of(landlines(), blocks, st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))


def tables() -> st.SearchStrategy[dict[str, str]]:
    names = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=12)
    return st.dictionaries(numbers(), names, max_size=60)


def _of(named: dict[str, str]) -> LineLists:
    return LineLists.of(_list("landlines"), named.items())


@given(tables(), st.lists(numbers(), max_size=20))
def test_it_answers_as_a_dict_does(named: dict[str, str], asked: list[str]) -> None:
    lists = _of(named)
    assert len(lists) == len(named)
    for number in [*named, *asked]:
        line = lists.line(number)
        assert (line.name if line else None) == named.get(number)
        assert line is None or line.number == number


@given(tables(), st.text(max_size=14))
def test_whatever_text_is_asked_for_only_an_exact_number_is_found(named: dict[str, str], asked: str) -> None:
    lists = _of({**named, "03552180012": "x"})
    assert (lists.line(asked) is not None) == (asked in {*named, "03552180012"})


@pytest.mark.parametrize(
    "other",
    [
        "3552180012",
        "003552180012",
        "0355218001",
        "035521800120",
        "０３５５２１８００１２",
        "0355 2180012",
        "",
        "1" * 5000,
    ],
)
def test_another_spelling_is_another_number(other: str) -> None:
    assert _of({"03552180012": "x"}).line(other) is None


def test_a_landline_keeps_its_zero_and_a_mobile_has_none() -> None:
    lists = _of({"03552180012": "a", "13812345678": "b", "01023456789": "c"})
    assert set(lists.numbers()) == {"03552180012", "13812345678", "01023456789"}


@given(tables())
def test_every_number_is_told_once_in_an_order_that_says_nothing_of_the_file(named: dict[str, str]) -> None:
    other_way = dict(reversed(named.items()))
    assert sorted(_of(named).numbers()) == sorted(named)
    assert list(_of(named).numbers()) == list(_of(other_way).numbers())
    assert dict(_of(named).rows_of("landlines")) == named


def test_a_line_follows_its_list_and_is_placed_at_its_row() -> None:
    rows = NumberRows()
    for number in ("03552180012", "03552180013", "13812345678"):
        rows.add(number, f"名{number[-1]}")
    lists = LineLists(
        [ListFile(_list("offices"), "p/offices.csv", 0), ListFile(_list("mobiles"), "p/m.csv", 2)], rows
    )
    second, third = lists.line("03552180013"), lists.line("13812345678")
    assert second is not None
    assert third is not None
    assert (second.name, second.schedule, second.announcement_owner) == (
        "名3",
        _schedule("offices"),
        "offices",
    )
    assert second.place == "p/offices.csv:3:1"
    assert (third.name, third.schedule, third.announcement_owner) == ("名8", _schedule("mobiles"), "mobiles")
    assert third.place == "p/m.csv:2:1"
    assert (third.spoken_name, third.source, third.level, third.expert_seats) == (
        "该部门",
        "000:L9",
        None,
        None,
    )
    assert dict(lists.rows_of("mobiles")) == {"13812345678": "名8"}


def test_a_number_is_spoken_digit_by_digit() -> None:
    assert spoken_digits("03552180012") == "零三五五二幺八零零幺二"
    line = _of({"13812345678": "x"}).line("13812345678")
    assert line is not None
    assert line.spoken_number == "幺三八幺二三四五六七八"


@given(tables(), tables())
def test_the_digest_is_of_what_is_listed_not_of_its_order(one: dict[str, str], other: dict[str, str]) -> None:
    assert _of(one).digest == _of(dict(reversed(one.items()))).digest
    assert (_of(one).digest == _of(other).digest) == (one == other)


def test_the_digest_knows_in_which_list_a_number_is() -> None:
    named = {"03552180012": "x"}
    assert LineLists.of(_list("a"), named.items()).digest != LineLists.of(_list("b"), named.items()).digest


def test_equal_lists_are_equal_and_another_name_list_or_order_is_another() -> None:
    named = {"03552180012": "x", "03552180013": "y"}
    assert _of(named) == _of(named)
    assert hash(_of(named)) == hash(_of(named))
    assert _of(named) != _of({**named, "03552180013": "z"})
    assert _of(named) != _of(dict(reversed(named.items())))  # the places differ
    assert _of(named) != LineLists.of(_list("b"), named.items())
    assert _of(named) != named


def test_there_may_be_no_lists() -> None:
    assert len(LineLists()) == 0
    assert LineLists().line("03552180012") is None
    assert list(LineLists().numbers()) == []
    assert LineLists() == LineLists()


def test_a_second_row_for_a_number_is_told_and_not_taken() -> None:
    rows = NumberRows()
    assert rows.add("03552180012", "a") is None
    rows.add_empty()
    assert rows.add("13812345678", "b") is None
    assert rows.add("13812345678", "c") == 2
    assert rows.name(2) == "b"
    assert len(rows) == 3


def test_more_rows_than_a_slot_can_count_are_refused() -> None:
    with pytest.raises(ValueError, match="8388608"):
        NumberRows().make_room(MOST_ROWS + 1)


@given(tables(), st.text(st.characters(codec="utf-8"), max_size=2))
def test_names_are_searched_row_by_row(named: dict[str, str], word: str) -> None:
    found = [name for _, name, _ in _of(named).named(word)]
    assert found == [name for name in named.values() if word and word in name]


@settings(max_examples=20)
@given(st.integers(1, 3_000_000), st.integers(0, 10_000))
@example(3827, 1)
@example(722_152, 1462)
@example(1, 0)
def test_numbers_at_any_distance_do_not_pile_up(step: int, start: int) -> None:
    """Blocks and regular steps are how numbers are given out; none of them may make a look-up slow."""
    rows = NumberRows()
    rows.make_room(2000)
    for place in range(2000):
        rows.add(f"0{2_000_000_000 + start + place * step}", "")
    assert max(rows.steps(f"0{2_000_000_000 + start + place * step}") for place in range(2000)) < 100
