"""Entries: one answer with its state, certainty and provenance, checked and compared.

    {"state": "known" | "unknown" | "not_applicable" | "cleared", "value": …, "note": "…",
     "details": {option: text}, "certainty": {option or "*": status}, "origin": "…", "basis": "…", "reviewed": bool}

`check_entry` is the only way in, for forms, files and the command alike.
"""

import re
from collections.abc import Mapping
from typing import Any

from .moments import Refused
from .schema import STATUSES, Question
from .values import ANY_TIME, Context, clean_text, clean_value

Entry = dict[str, Any]

STATES = ("known", "unknown", "not_applicable", "cleared")
FIELDS = {"state", "value", "note", "details", "certainty", "origin", "basis", "reviewed"}
NAMED = r"[a-z0-9-]{1,80}@[0-9]{1,6}(?:\.local[0-9]{1,6})?"
SOURCED = rf"(?:incident|template):{NAMED}"
ORIGIN = re.compile(rf"practice|profile|group|default|import|{SOURCED}")
BASIS = re.compile(rf"default|{SOURCED}|template:{NAMED}\+incident:{NAMED}")
NOTE_LIMIT = 500


def check_entry(question: Question, raw: Any, context: Context) -> Entry:
    """The entry kept for a raw one. A missing origin means the practice's own word. Raises Refused."""
    if not isinstance(raw, Mapping) or raw.keys() - FIELDS:
        raise Refused("Cette réponse n'a pas la forme attendue.")
    state = raw.get("state")
    if state not in STATES:
        raise Refused("L'état de cette réponse n'est pas connu.")
    entry: Entry = {"state": state}
    if state == "known":
        entry["value"] = clean_value(question, raw.get("value"), context)
        if question.parts and not entry["value"]:
            entry = {"state": "cleared"}  # parts that say nothing are no answer, unlike « aucune » of a list
    elif raw.get("value") not in (None, ""):
        raise Refused("Une valeur est donnée pour une réponse qui n'en a pas.")
    if state == "unknown" and not question.unknown:
        raise Refused("« Je ne sais pas encore » n'est pas possible ici : cette réponse est nécessaire.")
    if state == "not_applicable" and not question.not_applicable:
        raise Refused("« Sans objet » n'est pas possible ici : cette question vous concerne.")
    if note := clean_text(raw.get("note") or "", NOTE_LIMIT):
        entry["note"] = note
    entry |= _options(question, raw, entry)
    return entry | _provenance(question, raw, entry)


def default_entry(question: Question) -> Entry | None:
    """The usual answer that the form itself proposes, None where it proposes none. Raises Refused."""
    told = {"origin": "default", "basis": "default", "reviewed": False}
    return check_entry(question, {"state": "known", **question.default, **told}, ANY_TIME) if question.default else None


def _options(question: Question, raw: Mapping[str, Any], entry: Entry) -> Entry:
    """Details and certainty, each for an option that is ticked."""
    ticked = ticked_options(entry)
    found: Entry = {}
    details = _table(raw, "details")
    for key, text in details.items():
        option = question.option(key)
        if option is None or not option.text:
            raise Refused(f"« {str(key)[:40]} » n'attend pas de précision.")
        if key in ticked and (text := clean_text(text, NOTE_LIMIT)):
            found.setdefault("details", {})[key] = text
    for key, status in _table(raw, "certainty").items():
        if status not in STATUSES or (key != "*" and question.option(key) is None):
            raise Refused("Le degré de certitude n'est pas connu.")
        if key == "*" or key in ticked:
            found.setdefault("certainty", {})[key] = status
    return found


def _table(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = raw.get(name) or {}
    if not isinstance(table, Mapping):
        raise Refused("Cette réponse n'a pas la forme attendue.")
    return table


def _provenance(question: Question, raw: Mapping[str, Any], entry: Entry) -> Entry:
    origin, basis = raw.get("origin", "practice"), raw.get("basis")
    parts = entry.get("value", ()) if question.parts else ()
    origins = [origin, *(part["origin"] for part in parts)]
    if not all(isinstance(each, str) and ORIGIN.fullmatch(each) for each in origins):
        raise Refused("L'origine de cette réponse n'est pas connue.")
    if basis is not None and not (isinstance(basis, str) and BASIS.fullmatch(basis)):
        raise Refused("La proposition d'origine de cette réponse n'est pas connue.")
    reviewed = raw.get("reviewed", origin == "practice")
    if not isinstance(reviewed, bool):
        raise Refused("Cette réponse n'a pas la forme attendue.")
    found: Entry = {"origin": origin, "reviewed": reviewed}
    return found | ({"basis": basis} if basis else {})


def ticked_options(entry: Mapping[str, Any] | None) -> list[str]:
    """Option keys chosen by a choice or choices entry."""
    value = (entry or {}).get("value")
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def certainty_of(entry: Mapping[str, Any], option: str = "*") -> str:
    """Status of an option of this entry, or of the whole value; "" when nothing was said about it."""
    certainty = entry.get("certainty", {})
    return str(certainty.get(option) or certainty.get("*", ""))


def same_answer(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Do two entries say the same (state, value, note, details, certainty), whoever said it?"""
    names = ("state", "value", "note", "details", "certainty")
    return [(one or {}).get(name) for name in names] == [(other or {}).get(name) for name in names]


def is_blank(entry: Mapping[str, Any] | None) -> bool:
    """No entry, a cleared one, or a known text that says nothing."""
    return not entry or entry["state"] == "cleared" or (entry["state"] == "known" and entry["value"] == "")


def edited(question: Question, base: Entry | None, sent: Entry) -> Entry | None:
    """What a practice's act on the page makes of `base`: `base` itself when nothing was changed.

    An edit becomes the practice's word and keeps `basis`; certainty belongs to the answer and survives the edit for
    the options that stay, unless the person changes it; parts whose words were not touched keep their origin.
    """
    mine = dict(sent)
    if question.parts and mine["state"] == "known":
        mine["value"] = _kept_parts(question, base, mine["value"])
    if is_blank(mine) or (question.parts and mine["state"] == "known" and not mine["value"]):
        if is_blank(base):
            return base
        mine = {"state": "cleared"}
    if mine["state"] == "known" and (certainty := _kept_certainty(question, base, mine)):
        mine["certainty"] = certainty
    if same_answer(base, mine):
        return base
    mine |= {"origin": "practice", "reviewed": mine["state"] != "cleared"}
    basis = (base or {}).get("basis")
    return mine | ({"basis": basis} if basis else {})


def _kept_certainty(question: Question, base: Entry | None, mine: Entry) -> dict[str, str]:
    """Certainty after an edit: what the person says now, else what the answer had.

    "*" spoke of the options of that moment: it is spread over those that stay, so that an option which the practice
    adds does not inherit it."""
    said, had = mine.get("certainty", {}), (base or {}).get("certainty", {})
    if question.type == "yes_no" and mine["value"] != (base or {}).get("value"):
        return dict(said)  # what was said of « oui » says nothing of « non »
    if not question.options:
        return dict(said or had)
    before = _spread(base or {}, ticked_options(base))
    after = {**before, **_spread(mine, ticked_options(mine))}
    after = {key: after[key] for key in ticked_options(mine) if key in after}
    return dict(had) if after == before and ticked_options(mine) == ticked_options(base) else after


def _spread(entry: Entry, options: list[str]) -> dict[str, str]:
    return {key: status for key in options if (status := certainty_of(entry, key))}


def _kept_parts(question: Question, base: Entry | None, parts: list[dict[str, str]]) -> list[dict[str, str]]:
    """Parts sent by a page carry no origin of their own: words that did not change keep the one they had."""
    before = (base or {}).get("value")
    known = [part for part in before if isinstance(part, dict)] if isinstance(before, list) else []
    kept = []
    for part in parts:
        same = [old for old in known if _part_of(question, old) == _part_of(question, part)]
        if part["text"] == _together(same):
            kept += same  # a page shows the words of several sources as one text
        else:
            kept += [old for old in same if old["text"] == part["text"]][:1] or [part]
    return kept


def _together(parts: list[dict[str, str]]) -> str:
    return "\n".join(part["text"] for part in parts)


def _part_of(question: Question, part: Mapping[str, str]) -> str:
    return part.get("part") or question.part_for(part["origin"])


def part_texts(question: Question, entry: Mapping[str, Any] | None) -> dict[str, str]:
    """{part key: its words}, for a page that edits each part apart."""
    found: dict[str, list[dict[str, str]]] = {part.key: [] for part in question.parts}
    value = (entry or {}).get("value")
    for part in value if isinstance(value, list) else []:
        found[_part_of(question, part)].append(part)
    return {key: _together(parts) for key, parts in found.items()}


def kept(entry: Entry) -> Entry:
    """The same answer, now read by the practice (« Conserver »)."""
    return {**entry, "reviewed": True}
