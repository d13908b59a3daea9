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
NOT_AN_ENTRY = "Cette réponse n'a pas la forme attendue."
SAYING = ("state", "value", "note", "details", "certainty")  # what an entry says; the rest is who said it


def check_entry(question: Question, raw: Any, context: Context) -> Entry:
    """Return the entry kept for a raw one. A missing origin means the practice's own word. Raises Refused."""
    if not isinstance(raw, Mapping) or raw.keys() - FIELDS:
        raise Refused(NOT_AN_ENTRY)
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
    return entry | _check_options(question, raw, entry) | _check_provenance(question, raw, entry)


def make_default_entry(question: Question) -> Entry | None:
    """Return the usual answer that the form itself proposes, None where it proposes none. Raises Refused."""
    unread = {"origin": "default", "basis": "default", "reviewed": False}
    return (
        check_entry(question, {"state": "known", **question.default, **unread}, ANY_TIME) if question.default else None
    )


def _check_options(question: Question, raw: Mapping[str, Any], entry: Entry) -> Entry:
    """Return details and certainty, each for an option that is ticked."""
    details, certainty = raw.get("details") or {}, raw.get("certainty") or {}
    if not isinstance(details, Mapping) or not isinstance(certainty, Mapping):
        raise Refused(NOT_AN_ENTRY)
    ticked = list_ticked(entry)
    kept: Entry = {}
    for key, text in details.items():
        option = question.option(key)
        if option is None or not option.text:
            raise Refused(f"« {str(key)[:40]} » n'attend pas de précision.")
        if key in ticked and (text := clean_text(text, NOTE_LIMIT)):
            kept.setdefault("details", {})[key] = text
    for key, status in sorted(certainty.items()):
        if status not in STATUSES or (key != "*" and question.option(key) is None):
            raise Refused("Le degré de certitude n'est pas connu.")
        if key == "*" or key in ticked:
            kept.setdefault("certainty", {})[key] = status
    return kept


def _check_provenance(question: Question, raw: Mapping[str, Any], entry: Entry) -> Entry:
    """Return who said it (origin), what was shown then (basis), and whether the practice has read it."""
    origin, basis = raw.get("origin", "practice"), raw.get("basis")
    parts = entry.get("value", ()) if question.parts else ()
    origins = [origin, *(part["origin"] for part in parts)]
    if not all(isinstance(each, str) and ORIGIN.fullmatch(each) for each in origins):
        raise Refused("L'origine de cette réponse n'est pas connue.")
    if basis is not None and not (isinstance(basis, str) and BASIS.fullmatch(basis)):
        raise Refused("La proposition d'origine de cette réponse n'est pas connue.")
    reviewed = raw.get("reviewed", origin == "practice")
    if not isinstance(reviewed, bool):
        raise Refused(NOT_AN_ENTRY)
    return {"origin": origin, "reviewed": reviewed} | ({"basis": basis} if basis else {})


def list_ticked(entry: Mapping[str, Any] | None) -> list[str]:
    """Return the option keys chosen by a choice or choices entry."""
    value = (entry or {}).get("value")
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def read_certainty(entry: Mapping[str, Any], option: str = "*") -> str:
    """Return the status of an option of this entry, or of the whole value; "" when nothing was said about it."""
    certainty = entry.get("certainty", {})
    return str(certainty.get(option) or certainty.get("*", ""))


def is_same_answer(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Say whether two entries say the same (state, value, note, details, certainty), whoever said it."""
    return all((one or {}).get(name) == (other or {}).get(name) for name in SAYING)


def is_blank(entry: Mapping[str, Any] | None) -> bool:
    """Say whether there is no entry, a cleared one, or a known text that says nothing."""
    return not entry or entry["state"] == "cleared" or (entry["state"] == "known" and entry["value"] == "")


def apply_edit(question: Question, base: Entry | None, sent: Entry) -> Entry | None:
    """Return what a practice's act on the page makes of `base`: `base` itself when nothing was changed.

    An edit becomes the practice's word and keeps `basis`; certainty belongs to the answer and survives the edit for
    the options that stay, unless the person changes it; parts whose words were not touched keep their origin.
    """
    mine = dict(sent)
    if question.parts and mine["state"] == "known":
        mine["value"] = _keep_origins(question, base, mine["value"])
    if is_blank(mine) or (question.parts and mine["state"] == "known" and not mine["value"]):
        if is_blank(base):
            return base
        mine = {"state": "cleared"}
    if mine["state"] == "known" and (certainty := _keep_certainty(question, base, mine)):
        mine["certainty"] = certainty
    if is_same_answer(base, mine):
        return base
    mine |= {"origin": "practice", "reviewed": mine["state"] != "cleared"}
    basis = (base or {}).get("basis")
    return mine | ({"basis": basis} if basis else {})


def _keep_certainty(question: Question, base: Entry | None, mine: Entry) -> dict[str, str]:
    """Return the certainty after an edit: what the person says now, else what the answer had.

    "*" spoke of the options of that moment: it is spread over those that stay, so that an option which the practice
    adds does not inherit it."""
    said_now, said_before = mine.get("certainty", {}), (base or {}).get("certainty", {})
    if question.type == "yes_no" and mine["value"] != (base or {}).get("value"):
        return dict(said_now)  # what was said of « oui » says nothing of « non »
    if not question.options:
        return dict(said_now or said_before)
    options, options_before = list_ticked(mine), list_ticked(base)
    before = {key: status for key in options_before if (status := read_certainty(base or {}, key))}
    after = {key: status for key in options if (status := read_certainty(mine, key) or before.get(key, ""))}
    return dict(said_before) if after == before and options == options_before else after


def _keep_origins(question: Question, base: Entry | None, parts: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the parts sent by a page, which carry no origin: words that did not change keep the one they had."""
    value = (base or {}).get("value")
    parts_before = [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    kept_parts = []
    for part in parts:
        same_place = [old for old in parts_before if _find_place(question, old) == _find_place(question, part)]
        if part["text"] == "\n".join(old["text"] for old in same_place):
            kept_parts += same_place  # a page shows the words of several sources as one text
        else:
            kept_parts += [old for old in same_place if old["text"] == part["text"]][:1] or [part]
    return kept_parts


def _find_place(question: Question, part: Mapping[str, str]) -> str:
    return part.get("part") or question.part_for(part["origin"])


def read_part_texts(question: Question, entry: Mapping[str, Any] | None) -> dict[str, str]:
    """Return {part key: its words}, for a page that edits each part apart."""
    texts: dict[str, list[str]] = {part.key: [] for part in question.parts}
    value = (entry or {}).get("value")
    for part in value if isinstance(value, list) else []:
        texts[_find_place(question, part)].append(part["text"])
    return {key: "\n".join(lines) for key, lines in texts.items()}


def mark_reviewed(entry: Entry) -> Entry:
    """Return the same answer, or a proposal's entry, now read by the practice (« Conserver », « Prendre »)."""
    return {**entry, "reviewed": True}
