"""Does a text seem to hold a patient's data? Used to warn, and to keep such a text out of the history.

Only shapes are looked for, so a warning can be wrong: it never refuses anything, and a person may overrule it.
Every repetition is bounded: a hostile text costs no more than its length.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from stdnum.fr import nir

from .schema import Question
from .values import list_texts

# -- health number (NIR, INS): thirteen characters and a key; Corsica has 2A or 2B ----------------------

_SEPARATOR = r"[ .\-‐–/_]{0,2}"
_KEY = r"[ .\-‐–/_,:()]{0,3}(?:cl[ée][ :.]{0,3})?[0-9]{2}"
# The groups that everybody writes, each of them apart or not …
_IN_GROUPS = _SEPARATOR.join(["[1-478]", "[0-9]{2}", "[0-9]{2}", "[0-9][0-9ab]", "[0-9]{3}", "[0-9]{3}"]) + _KEY
# … or cut anywhere, if no longer number goes on around it (an IBAN, two telephone numbers).
_CUT_ANYWHERE = r"(?<![0-9][ .\-])[1-478](?:[ .\-]?[0-9]){5}[ .\-]?[0-9ab](?:[ .\-]?[0-9]){8}(?![ .\-]?[0-9])"
# A lookahead, so that a number which begins inside another one is seen too.
NIR_SHAPE = re.compile(rf"(?<![0-9])(?=({_IN_GROUPS})(?![0-9])|({_CUT_ANYWHERE}))", re.I)


def holds_health_number(text: str) -> bool:
    """Say whether a text, its spaces and digits plain, holds a health number (NIR). Its key keeps other long numbers
    out."""
    shapes = (shape for match in NIR_SHAPE.finditer(text) for shape in match.groups("") if shape)
    return any(nir.is_valid(re.sub(r"cl[ée]|[^0-9ab]", "", shape, flags=re.I)) for shape in shapes)


# -- a birth phrase with a full date --------------------------------------------------------------------

_MONTH = r"(?:janv|f[ée]vr?|mars|avr|mai|juin|juil|ao[uû]t|sept?|oct|nov|d[ée]c)[a-zéû]{0,7}\.?"
_DATE = (
    r"(?:[0-3]?[0-9] ?[/.\- ] ?[01]?[0-9] ?[/.\- ] ?(?:19|20)?[0-9]{2}(?![0-9])"
    r"|(?:19|20)[0-9]{2}[/.\-][01][0-9][/.\-][0-3][0-9]"
    rf"|[0-3]?[0-9](?:er)? {_MONTH}(?: (?:19|20)[0-9]{{2}})?\b)"
)
# « né », « née », « né(e) », « nés », perhaps a place or a name, then the date; « ne » alone is nearly always « not »
_PLACE = r"(?: (?:(?:à|a|au|aux|en) |(?-i:[A-ZÀ-ÖØ-ÞŒ]))[^\n,.;:()0-9]{1,60}+)?"
_BORN = rf"\b(?:n(?:é|ée|és|ées|é\(e\)|ee|e\(e\))(?![\w'’]){_PLACE}|ne(?= le )|nee?s(?= le ))[ ,:]{{0,3}}(?:le )?"
# right beside its date: « les dates de naissance, copiées le 13/11 » is nobody's birth
_BIRTH = r"\b(?:naissance|ddn)\b ?(?:[:=(] ?)?(?:(?:est |était )?(?:le|du|au) )?"
BIRTH_SHAPE = re.compile(rf"(?:{_BORN}|{_BIRTH}){_DATE}", re.I)

# -- a title, or the word patient, with a name ----------------------------------------------------------

_CAPITAL = "[A-ZÀ-ÖØ-ÞŒŸŠŽ]"
_TITLE = r"(?:(?i:mmes?|mlles?|mr|madame|mademoiselle|monsieur|mesdames|mesdemoiselles|messieurs)\.?|MM?\.?)"
# « Mme la Directrice » has no capital after the title; « Madame La Directrice », « M. le Dr » and « Dr M. X » have
_OFFICE = (
    r"(?:(?i:l[ea]s? |l['’])(?i:direct|pr[ée]sid|maire|pr[ée]f[eè]t|procur|ministre|juge|d[ée]l[ée]gu|responsable)"
    r"|(?i:l[ea] m[ée]decin)|(?i:l[ea] )?(?i:dr|docteure?|pr|professeure?)\b)"
)
_TITLED = (
    r"(?<![\w'’/&\-])(?<!\bDr )(?<!\bDr\. )(?<!\bPr )(?<!\bPr\. )(?<!Docteur )(?<!Professeur )"
    rf"{_TITLE} {{0,2}}(?<=[ .])(?!{_OFFICE}){_CAPITAL}"
)
# « le patient Dupont », « Patient : Dupont », not « dossier patient Weda »
_BEFORE = (
    r"(?:^|[\n.,;:!?(\"«•\-–] ?|(?<!\w)(?i:le|la|un|une|du|au|ce|cet|cette|mon|ma|notre|votre|son|sa|leur|de|et|ou|nom"
    r"|ancien|ancienne|jeune) |(?<!\w)(?i:l|d)['’])"
)
_NO_NAME = (
    r"(?!(?:Non?|Oui|Aucune?|Une?|L[ea]s?|L['’]|Ils?|Elles?|Nous|Vous|On|Des?|Du|À|Au|Ce|Cette|Ses|Son|Sa|Par|Pour|Sur"
    r"|Dr|Docteur|Pr|Inconnue?|Informée?)(?!\w))"
)
_NAMED_PATIENT = rf"{_BEFORE}[Pp]atient(?:e|\(e\))?(?: (?:pré|dé)?nommée?)?(?: ?: ?| {{1,2}}){_NO_NAME}{_CAPITAL}"
_PATIENT_AFTER = rf"(?<!\w){_CAPITAL}[\w'’\-]{{0,40}} ?\([Pp]atiente?\)"
PATIENT_SHAPE = re.compile(f"{_TITLED}|{_NAMED_PATIENT}|{_PATIENT_AFTER}")

# -- texts and answers ----------------------------------------------------------------------------------


def suspect_text(text: str) -> tuple[str, ...]:
    """Return what the text seems to hold: nir (a health number), birth (somebody's date of birth), patient (a name)."""
    plain_text = unicodedata.normalize("NFKC", text)  # every kind of space and digit in its plain form
    seen = {
        "nir": holds_health_number(plain_text),
        "birth": BIRTH_SHAPE.search(plain_text),
        "patient": PATIENT_SHAPE.search(plain_text),
    }
    return tuple(kind for kind, match in seen.items() if match)


def suspect_entry(question: Question, entry: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return what the free text of an answer seems to hold."""
    kinds = {kind for text in list_free_texts(question, entry) for kind in suspect_text(text)}
    return tuple(kind for kind in ("nir", "birth", "patient") if kind in kinds)


def list_free_texts(question: Question, entry: Mapping[str, Any] | None) -> list[str]:
    """Return what somebody wrote in their own words: long texts without their origin, notes, details of options; no
    name, address or number."""
    entry = entry or {}
    words = entry.get("value") if question.type == "text" and (question.long or question.parts) else None
    if isinstance(words, list):
        words = [part.get("text") if isinstance(part, Mapping) else part for part in words]
    return list(list_texts([words, entry.get("details"), entry.get("note")]))


def hash_texts(question: Question, entry: Mapping[str, Any] | None) -> str:
    """Return the SHA-256 of the free text of an answer: a warning is overruled for that very text."""
    return hashlib.sha256(json.dumps(list_free_texts(question, entry)).encode()).hexdigest()


def entry_holds_health_number(entry: Mapping[str, Any] | None) -> bool:
    """Say whether an entry holds a health number anywhere, names and addresses included."""
    return any(holds_health_number(unicodedata.normalize("NFKC", text)) for text in list_texts(entry))
