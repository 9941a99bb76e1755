"""The menu's part of the dialplan does what the table of callrouter/decide/menu.py says, step for step."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

import pytest

from callrouter.asterisk_link.of_the_plan import OfferedMenu
from callrouter.asterisk_link.render import AsteriskConfiguration, render_configuration
from callrouter.decide.menu import AFTER, ENDS, FIRST, OWN, MenuState, Stimulus
from callrouter.settings import PROJECT_ROOT
from tests.unit.asterisk_link.dialplan_steps import Step, steps_of

SOUND = "own-service"
MENUS = tuple(
    OfferedMenu(name, SOUND, (("0", "hotline"), ("1", "urgent"), ("2", "urgent")), tries, 4)
    for tries, name in ((1, "once"), (2, "twice"), (3, "thrice"))
)
PRESSED = {  # what Read leaves in CR_KEY and in READSTATUS
    Stimulus.CHOICE: ("1", "OK"),
    Stimulus.WRONG_KEY: ("9", "OK"),
    Stimulus.NO_KEY: ("", "TIMEOUT"),
    Stimulus.FAULT: ("", "ERROR"),
}


@pytest.fixture(scope="module")
def steps(configuration: AsteriskConfiguration, tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    folder: Path = tmp_path_factory.mktemp("menus")
    offering = replace(configuration, plan=replace(configuration.plan, menus=MENUS))
    render_configuration(PROJECT_ROOT / "asterisk", offering, folder)
    return steps_of((folder / "extensions-menu.conf").read_text(encoding="utf-8"))


@dataclass
class Walk:
    """A caller's way down the page: what it plays and writes, and what he presses at each Read."""

    steps: list[Step]
    presses: list[tuple[str, str] | None]
    """None: he hangs up in it."""
    values: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """What each Read plays."""
    written: list[str] = field(default_factory=list)
    played: list[str] = field(default_factory=list)
    ended_in: str = ""

    def __post_init__(self) -> None:
        self.values = {"CR_QUEUE": "hotline", "CR_URGENT": "0", "CR_NOTICE": "t01", **self.values}
        self._back: list[int] = []
        at: int | None = self._at("menu", "s")
        for _ in range(500):
            if at is None:
                return
            at = self._do(at)
        raise AssertionError("it never ends")

    def _at(self, context: str, exten: str) -> int:
        mine = [n for n, step in enumerate(self.steps) if step.context == context and step.priority == "1"]
        exact = [n for n in mine if self.steps[n].exten == exten]
        pattern = [n for n in mine if self.steps[n].exten == "_[a-z]!" and re.match("[a-z]", exten)]
        return (exact or pattern)[0]

    def _label(self, label: str, at: int) -> int:
        context = self.steps[at].context
        (found,) = [n for n, step in enumerate(self.steps) if (step.context, step.label) == (context, label)]
        return found

    def _goto(self, target: str, at: int) -> int | None:
        if "," not in target:
            return self._label(target, at)
        self.ended_in = target
        return None

    def _do(self, at: int) -> int | None:
        """Take a step; give the next one's place, None at the end."""
        step = self.steps[at]
        if step.app == "Read":
            return self._read(step, at)
        if step.app in ("GotoIf", "Goto", "Gosub", "Return"):
            return self._goes_on(step, at)
        self._happens(step)
        return at + 1

    def _goes_on(self, step: Step, at: int) -> int | None:
        match step.app:
            case "GotoIf":
                condition, _, targets = step.args.rpartition("?")
                yes, _, no = targets.partition(":")
                target = yes if self._is_true(condition) else no
                return self._goto(target, at) if target else at + 1
            case "Goto":
                return self._goto(step.args, at)
            case "Gosub":
                context, exten, _ = self._value(step.args).split(",")
                self._back.append(at + 1)
                return self._at(context, exten)
            case _:
                self.values["GOSUB_RETVAL"] = step.args
                return self._back.pop()

    def _happens(self, step: Step) -> None:
        match step.app:
            case "ExecIf":
                condition, _, doing = step.args.rpartition("?")
                if self._is_true(condition):
                    self._set(doing.removeprefix("Set(").removesuffix(")"))
            case "Set":
                self._set(step.args)
            case "Playback":
                self.played.append(self._value(step.args))
            case "CELGenUserEvent":
                self.written.append(self._value(step.args))
            case "Answer" | "Wait":
                pass
            case _:
                raise AssertionError(step)

    def _read(self, step: Step, at: int) -> int | None:
        variable, says, most, options, attempts, wait = self._value(step.args).split(",")
        assert (variable, most, options, attempts, wait) == ("CR_KEY", "1", "", "1", "4")
        self.asked.append(says)
        pressed = self.presses.pop(0)
        if pressed is None:
            self.ended_in = "hung up"
            return None
        self.values["CR_KEY"], self.values["READSTATUS"] = pressed
        return at + 1

    def _set(self, args: str) -> None:
        name, _, value = args.partition("=")
        self.values[name] = self._value(value)

    def _value(self, text: str) -> str:
        text = re.sub(
            r"\$\{FILTER\(0-9,\$\{(\w+)\}\)\}", lambda m: re.sub("[^0-9]", "", self.values[m[1]]), text
        )
        text = re.sub(
            r"\$\{QUEUE_EXISTS\(\$\{(\w+)\}\)\}", lambda m: str(int(self.values[m[1]] != "gone")), text
        )
        text = re.sub(r"\$\{(\w+)\}", lambda m: self.values.get(m[1], ""), text)
        return re.sub(r"\$\[(\d+) - (\d+)\]", lambda m: str(int(m[1]) - int(m[2])), text)

    def _is_true(self, condition: str) -> bool:
        if found := re.fullmatch(r'\$\{REGEX\("(.+)" \$\{(\w+)\}\)\}', condition):
            return re.search(found[1], self.values.get(found[2], "")) is not None
        said = self._value(condition)
        if found := re.fullmatch(r"\$\[(\d+) < (\d+)\]", said):
            return int(found[1]) < int(found[2])
        found = re.fullmatch(r'\$\["([^"]*)"(!?=)"([^"]*)"\]', said)
        assert found, said
        return (found[1] == found[3]) is (found[2] == "=")


def walk(steps: list[Step], presses: list[tuple[str, str] | None], **values: str) -> Walk:
    return Walk(steps, presses, {"CR_MENU": "thrice", **values})


NAMES = {1: "once", 2: "twice", 3: "thrice"}


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.parametrize("stimuli", list(product(Stimulus, repeat=3)), ids="-".join)
def test_it_follows_the_table(steps: list[Step], tries: int, stimuli: tuple[Stimulus, ...]) -> None:
    taken = walk(steps, [PRESSED.get(stimulus) for stimulus in stimuli], CR_MENU=(name := NAMES[tries]))
    state, asked = FIRST[tries], [SOUND]
    said: list[str] = []
    for stimulus in stimuli:
        step = AFTER[state, stimulus]
        if step.state not in ENDS:
            asked.append("&".join(SOUND if says == OWN else says for says in step.says))
        else:
            said += step.says
        state = step.state
    assert taken.asked == asked
    assert taken.played == said
    assert taken.ended_in == ("hung up" if state is MenuState.GONE else "connect,s,1")
    ends = {
        MenuState.CHOSEN: [f"CR_MENU,menu={name}&state=chosen&key=1"],
        MenuState.GIVEN_UP: [f"CR_MENU,menu={name}&state=given_up"],
        MenuState.GONE: [],
    }
    assert taken.written == [f"CR_MENU,menu={name}&state=offered"] * len(asked) + ends[state]
    assert taken.values["CR_QUEUE"] == ("urgent" if state is MenuState.CHOSEN else "hotline")


@pytest.mark.parametrize(("key", "queue"), [("0", "hotline"), ("1", "urgent"), ("2", "urgent")])
def test_each_key_leads_to_its_queue_and_0_to_a_person(steps: list[Step], key: str, queue: str) -> None:
    taken = walk(steps, [(key, "OK")], CR_QUEUE="elsewhere")
    assert (taken.values["CR_QUEUE"], taken.ended_in) == (queue, "connect,s,1")


@pytest.mark.parametrize("key", ["", "*", "A", "3", "9"])
def test_any_other_key_is_a_wrong_one(steps: list[Step], key: str) -> None:
    taken = walk(steps, [(key, "OK"), ("0", "OK")])
    assert taken.asked == [SOUND, f"i01&{SOUND}"]


@pytest.mark.parametrize(
    "values",
    [{"CR_URGENT": "1"}, {"CR_MENU": ""}, {"CR_MENU": "-"}, {"CR_MENU": "7"}, {"CR_MENU": "unheard"}],
)
def test_an_emergency_and_a_menu_that_is_not_here_go_straight_to_a_person(
    steps: list[Step], values: dict[str, str]
) -> None:
    taken = walk(steps, [], **values)
    assert (taken.ended_in, taken.asked, taken.written) == ("connect,s,1", [], [])


def test_a_queue_that_asterisk_does_not_have_leaves_the_caller_to_the_general_one(steps: list[Step]) -> None:
    changed = [replace(step, args="gone") if step.args == "urgent" else step for step in steps]
    assert walk(changed, [("1", "OK")]).values["CR_QUEUE"] == "hotline"


def test_what_the_line_must_say_is_left_to_what_follows(steps: list[Step]) -> None:
    assert walk(steps, [("1", "OK")]).values["CR_NOTICE"] == "t01"


def test_keys_pressed_meanwhile_are_thrown_away_before_he_is_asked_again_and_before_the_queue(
    steps: list[Step],
) -> None:
    part = [step for step in steps if step.context == "menu"]
    wrong = next(n for n, step in enumerate(part) if step.args.startswith("CR_MENU_SAYS=i01"))
    assert part[wrong - 1].app == "Wait"
    assert [step.app for step in part[-2:]] == ["Wait", "Goto"]
