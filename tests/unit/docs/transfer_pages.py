"""What docs/transfers*.md show of the table of transfers: the diagram and every cell, made from the table itself.

It stands between two marks; what is around them is written by hand. `refresh_walks` writes it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from callrouter.decide.transfer_table import Ignored, step
from callrouter.settings import PROJECT_ROOT
from callrouter.vocabulary.transfer import TransferState, TransferStimulus
from callrouter.vocabulary.transfer_words import EFFECTS, HEARD, IGNORED, STATES, STIMULI, Said

DOCS: Final = PROJECT_ROOT / "docs"
Tongue = Callable[[Said], str]
PAGES: Final[dict[str, Tongue]] = {
    "transfers.md": lambda said: said.en,
    "transfers.zh-CN.md": lambda said: said.zh,
}
BEGIN: Final = "<!-- made from callrouter/decide/transfer_table.py: begin -->"
END: Final = "<!-- made from callrouter/decide/transfer_table.py: end -->"
_NOTHING: Final = Said("不变", "stays")
_AND: Final = Said("；", "; ")
_HEADINGS: Final = (Said("发生什么", "what happens"), Said("之后", "then"), Said("怎么做", "what is done"))


def made(tell: Tongue) -> str:
    """The diagram and the tables in one tongue."""
    return "\n".join(
        [*_diagram(tell), "", *(line for state in TransferState for line in _table(state, tell))]
    )


def with_table(page: str, tell: Tongue) -> str:
    """The page with the part between its marks made anew."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{BEGIN} … {END}: put both marks into the page"
    return f"{before}{BEGIN}\n{made(tell)}\n{END}{after}"


def refresh() -> None:
    """Write both pages."""
    for name, tell in PAGES.items():
        page = DOCS / name
        page.write_text(with_table(page.read_text(encoding="utf-8"), tell), encoding="utf-8")


def arrows() -> dict[tuple[TransferState, TransferState], list[TransferStimulus]]:
    """What leads from one state to another, but for the caller's hanging up, which ends it anywhere."""
    found: dict[tuple[TransferState, TransferState], list[TransferStimulus]] = {}
    for state in TransferState:
        for stimulus in TransferStimulus:
            cell = step(state, stimulus)
            ends_it = stimulus is TransferStimulus.CALLER_GONE
            if not isinstance(cell, Ignored) and cell.state is not state and not ends_it:
                found.setdefault((state, cell.state), []).append(stimulus)
    return found


def _diagram(tell: Tongue) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in TransferState:
        yield f'    state "{tell(STATES[state])}" as {state.value}'
    yield f"    [*] --> {TransferState.TALK.value}"
    for (before, after), stimuli in arrows().items():
        # A second colon would end the label early.
        label = ", ".join(tell(STIMULI[one]).replace(": ", " ") for one in stimuli)
        yield f"    {before.value} --> {after.value}: {label}"
    yield f"    {TransferState.ENDED.value} --> [*]"
    yield "```"


def _table(state: TransferState, tell: Tongue) -> Iterator[str]:
    yield f"### {_named(state, tell)}"
    yield ""
    yield tell(HEARD[state])
    yield ""
    yield "| " + " | ".join(tell(heading) for heading in _HEADINGS) + " |"
    yield "|---|---|---|"
    cells: dict[tuple[str, str], list[str]] = {}
    for stimulus in TransferStimulus:
        cells.setdefault(_cell(state, stimulus, tell), []).append(tell(STIMULI[stimulus]))
    for (then, done), stimuli in cells.items():
        yield f"| {'<br>'.join(stimuli)} | {then} | {done} |"
    yield ""


def _cell(state: TransferState, stimulus: TransferStimulus, tell: Tongue) -> tuple[str, str]:
    cell = step(state, stimulus)
    if isinstance(cell, Ignored):
        return tell(_NOTHING), f"*{tell(IGNORED[cell.reason])}*"
    then = tell(_NOTHING) if cell.state is state else _named(cell.state, tell)
    return then, tell(_AND).join(tell(EFFECTS[effect]) for effect in cell.effects) or "–"


def _named(state: TransferState, tell: Tongue) -> str:
    word = tell(STATES[state])
    return f"`{state.value}`" if word == state.value else f"`{state.value}` {word}"
