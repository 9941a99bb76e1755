"""Filling a text: what is written, what is said, and every way in which it can go wrong."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callrouter.plans.schema.values import EMAIL
from callrouter.prompts.findings import PromptError
from callrouter.prompts.text import (
    Spoken,
    fill,
    last_day,
    spoken_address,
    spoken_count,
    spoken_date,
    spoken_digits,
    spoken_numbers,
    spoken_time,
    stop_day,
    variables_of,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
TRANSITION_END = datetime(2021, 10, 1, tzinfo=timezone(timedelta(hours=8)))


def test_a_pair_is_written_in_digits_and_said_in_its_own_reading() -> None:
    filled = fill(
        "T01",
        "您好，{old_no}{old_name}已并入12345热线。",
        {"old_no": Spoken("12300", "幺二三零零"), "old_name": "电信用户申诉热线"},
    )

    assert filled.written == "您好，12300电信用户申诉热线已并入12345热线。"
    assert filled.said == "您好，幺二三零零电信用户申诉热线已并入一二三四五热线。"


def test_the_reading_of_a_pair_is_not_touched() -> None:
    filled = fill("G02", "{old_no}", {"old_no": Spoken("12333", "一二三三三")})

    assert filled.said == "一二三三三"


def test_digits_in_a_plain_value_are_read_by_the_default_rule() -> None:
    assert fill("G01", "这里是{brand}。", {"brand": "12345政务服务便民热线"}).said == (
        "这里是一二三四五政务服务便民热线。"
    )


def test_a_variable_may_stand_twice() -> None:
    assert fill("M03", "拨打{emg_no}，{emg_no}。", {"emg_no": Spoken("110", "幺幺零")}).said == (
        "拨打幺幺零，幺幺零。"
    )


def test_a_value_that_looks_like_a_variable_is_not_filled_again() -> None:
    with pytest.raises(PromptError, match=r"U\+007B"):
        fill("G01", "这里是{brand}", {"brand": "{brand}"})


def test_a_missing_variable_names_prompt_variable_and_remedy() -> None:
    with pytest.raises(PromptError) as fault:
        fill("T01", "{old_no}使用到{last_day}", {"old_no": "12300"})

    assert str(fault.value) == "prompt T01: the variable {last_day} has no value. give last_day in the plan."


def test_an_unused_value_names_prompt_value_and_remedy() -> None:
    with pytest.raises(PromptError) as fault:
        fill("G04", "本次通话将被录音。", {"old_no": "12300"})

    assert fault.value.finding.place == "prompt G04"
    assert "old_no" in fault.value.finding.fault
    assert "{old_no}" in fault.value.finding.remedy


@pytest.mark.parametrize("value", ["a@b.cn", "IVR", "7×24", "１２３", " "])
def test_what_a_voice_cannot_say_is_refused(value: str) -> None:
    with pytest.raises(PromptError, match="the voice cannot say"):
        fill("H02", "发到{email}", {"email": value})


def test_variables_are_named_once_in_their_order() -> None:
    assert variables_of("{old_no}{old_name}，{old_no}") == ("old_no", "old_name")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("12345", "一二三四五"),
        ("12300", "幺二三零零"),
        ("110", "幺幺零"),
        ("96119", "九六幺幺九"),
        ("123456", "幺二三四五六"),
    ],
)
def test_a_number_is_read_digit_by_digit(number: str, said: str) -> None:
    assert spoken_digits(number) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("请按1，或按0", "请按一，或按零"),
        ("还有10位", "还有十位"),
        ("15分钟", "十五分钟"),
        ("20", "二十"),
        ("31", "三十一"),
        ("拨打12345或119", "拨打一二三四五或幺幺九"),
        ("没有数字", "没有数字"),
    ],
)
def test_digits_in_a_text_are_keys_quantities_or_numbers(text: str, said: str) -> None:
    assert spoken_numbers(text) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "一"), (2, "两"), (10, "十"), (12, "十二"), (20, "二十"), (22, "二十二"), (50, "五十")],
)
def test_two_is_counted_as_liang_and_only_two(number: int, said: str) -> None:
    assert spoken_count(number) == said


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("12345@yn.gov.cn", "一二三四五，艾特歪恩，点寄欧威，点西恩"),
        ("li@12345.example.org", "艾楼爱，艾特一二三四五，点衣艾克斯诶艾姆，批艾楼衣，点欧阿尔寄"),
        ("a-b_C+1@x.cn", "诶，横杠必，下划线西，加号幺，艾特艾克斯，点西恩"),
        ("a@b.", "诶，艾特必，点"),
    ],
)
def test_an_e_mail_address_is_spelt(address: str, said: str) -> None:
    assert spoken_address(address) == said


def test_a_long_word_of_an_address_is_spelt_in_breaths_of_much_the_same_length() -> None:
    assert spoken_address("xishuangbanna") == "艾克斯爱艾斯诶尺，优诶恩，寄必诶，恩恩诶"


@given(st.from_regex(EMAIL, fullmatch=True))
def test_whatever_address_a_plan_may_have_can_be_said(address: str) -> None:
    said = fill("H04", "地址是{email}。", {"email": Spoken(address, spoken_address(address))}).said

    assert all(
        len(breath) <= 16 for breath in said.split("，") if not set(breath) & set("零幺二三四五六七八九")
    )


@pytest.mark.parametrize("address", ["李@12345.cn", "a b@c.cn", "é@c.cn", "٣@c.cn"])
def test_an_address_that_cannot_be_spelt_is_refused(address: str) -> None:
    with pytest.raises(PromptError, match="cannot spell"):
        spoken_address(address)


@given(st.text(alphabet="0123456789", min_size=3, max_size=20).filter(lambda number: number != "12345"))
def test_every_long_number_keeps_its_digits_apart(number: str) -> None:
    said = spoken_digits(number)

    assert len(said) == len(number)
    assert said.translate(str.maketrans("零幺二三四五六七八九", "0123456789")) == number


def test_a_date_of_this_year_is_said_without_its_year() -> None:
    assert spoken_date(date(2021, 9, 30), 2021) == "九月三十日"


def test_a_date_of_another_year_is_said_with_its_year() -> None:
    assert spoken_date(date(2022, 9, 30), 2021) == "二零二二年九月三十日"


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2021, 1, 1), "一月一日"),
        (date(2021, 10, 10), "十月十日"),
        (date(2021, 12, 31), "十二月三十一日"),
        (date(2021, 11, 20), "十一月二十日"),
    ],
)
def test_months_and_days_are_quantities(day: date, said: str) -> None:
    assert spoken_date(day, 2021) == said


def test_the_last_day_is_the_day_before_the_half_open_end() -> None:
    assert last_day(TRANSITION_END, SHANGHAI) == date(2021, 9, 30)
    assert stop_day(TRANSITION_END, SHANGHAI) == date(2021, 10, 1)


def test_the_day_is_the_one_in_the_plans_time_zone_however_the_end_is_written() -> None:
    assert last_day(TRANSITION_END.astimezone(UTC), SHANGHAI) == date(2021, 9, 30)
    assert last_day(TRANSITION_END, UTC) == date(2021, 9, 29)


def test_the_last_day_before_new_year_is_in_the_old_year() -> None:
    assert last_day(datetime(2022, 1, 1, tzinfo=SHANGHAI), SHANGHAI) == date(2021, 12, 31)


def test_an_end_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        last_day(TRANSITION_END.replace(tzinfo=None), SHANGHAI)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "凌晨零点"),
        (125, "凌晨两点零五分"),
        (480, "上午八点"),
        (510, "上午八点半"),
        (720, "中午十二点"),
        (840, "下午两点"),
        (1050, "下午五点半"),
        (1200, "晚上八点"),
        (1275, "晚上九点十五分"),
        (1440, "晚上十二点"),
    ],
)
def test_a_time_of_day_is_said_as_people_say_it(minutes: int, said: str) -> None:
    assert spoken_time(minutes) == said
