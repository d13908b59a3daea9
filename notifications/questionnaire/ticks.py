"""Ticks that write plain sentences: a tick is on exactly when its sentence stands in the text.

Nothing else is stored, so the text stays the answer: a person may edit it, and the tick follows.
"""

import re
from collections.abc import Iterable, Mapping

from .moments import Refused, read_day
from .schema import Checkbox

NO_DATE = "(date à préciser)"


def is_checked(tick: Checkbox, text: str) -> bool:
    """Say whether the tick's sentence stands in the text."""
    return _match_sentence(tick).search(text) is not None


def find_day(tick: Checkbox, text: str) -> str:
    """Return the day (`YYYY-MM-DD`) that the tick's sentence names in the text, "" when it names none."""
    sentence = _match_sentence(tick).search(text)
    if not sentence or not sentence.groups():
        return ""
    try:
        return read_day(sentence[1]).isoformat()
    except Refused:  # no date, or one that a person wrote and no calendar has
        return ""


def write_boxes(text: str, before: str, ticks: Iterable[Checkbox], chosen: Mapping[str, str]) -> str:
    """Return `text` with the sentences of ticks that changed since `before`: added, removed, or given another day.

    `chosen` holds, for each tick that is on, the day typed beside it ("" for none). A tick that did not change says
    nothing: the text is then as the person left it. Raises Refused for a day that is none."""
    for tick in ticks:
        pattern = _match_sentence(tick)
        day = read_day(chosen[tick.key]) if chosen.get(tick.key) else None
        sent = (tick.key in chosen, day.isoformat() if day else "")
        if sent in [(is_checked(tick, each), find_day(tick, each)) for each in (before, text)]:
            continue
        if tick.key not in chosen:
            text = re.sub(rf"\n?{pattern.pattern}", "", text).lstrip("\n")
            continue
        sentence = tick.sentence.replace("{date}", f"{day:%d/%m/%Y}" if day else NO_DATE)
        if is_checked(tick, text):  # it is written where it stands already, else on a line of its own at the end
            text = pattern.sub(sentence.replace("\\", r"\\"), text)
        else:
            text = f"{text.rstrip()}\n{sentence}".lstrip("\n")
    return text


def _match_sentence(tick: Checkbox) -> re.Pattern[str]:
    parts = [re.escape(part) for part in tick.sentence.split("{date}")]
    return re.compile(rf"(\d{{2}}/\d{{2}}/\d{{4}}|{re.escape(NO_DATE)})".join(parts))
