"""Ticks that write plain sentences: a tick is on exactly when its sentence stands in the text.

Nothing else is stored, so the text stays the answer: a person may edit it, and the tick follows.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date

from .moments import Refused, read_day
from .schema import Tick

NO_DATE = "(date à préciser)"


def ticked(tick: Tick, text: str) -> bool:
    return _pattern(tick).search(text) is not None


def day_of(tick: Tick, text: str) -> str:
    """The day (`YYYY-MM-DD`) that the tick's sentence names in the text, "" when it names none."""
    found = _pattern(tick).search(text)
    if not found or not found.groups():
        return ""
    try:
        return read_day(found[1]).isoformat()
    except Refused:  # no date, or one that a person wrote and no calendar has
        return ""


def applied(text: str, before: str, ticks: Iterable[Tick], chosen: Mapping[str, str]) -> str:
    """`text` with the sentences of ticks that changed since `before`: added, removed, or given another day.

    `chosen` holds, for each tick that is on, the day typed beside it ("" for none). A tick that did not change says
    nothing: the text is then as the person left it. Raises Refused for a day that is none."""
    for tick in ticks:
        on, day = tick.key in chosen, read_day(chosen[tick.key]).isoformat() if chosen.get(tick.key) else ""
        if (on, day) not in (_state(tick, before), _state(tick, text)):
            text = _with(tick, text, day) if on else _without(tick, text)
    return text


def _state(tick: Tick, text: str) -> tuple[bool, str]:
    return ticked(tick, text), day_of(tick, text)


def _with(tick: Tick, text: str, day: str) -> str:
    """The sentence where it stands already, else on a line of its own at the end."""
    said = _sentence(tick, day)
    return _pattern(tick).sub(lambda _: said, text) if ticked(tick, text) else f"{text.rstrip()}\n{said}".lstrip("\n")


def _without(tick: Tick, text: str) -> str:
    return re.sub(rf"\n?{_pattern(tick).pattern}", "", text).lstrip("\n")


def _sentence(tick: Tick, day: str) -> str:
    said = f"{date.fromisoformat(day):%d/%m/%Y}" if day else NO_DATE
    return tick.sentence.replace("{date}", said)


def _pattern(tick: Tick) -> re.Pattern[str]:
    parts = [re.escape(part) for part in tick.sentence.split("{date}")]
    return re.compile(rf"(\d{{2}}/\d{{2}}/\d{{4}}|{re.escape(NO_DATE)})".join(parts))
