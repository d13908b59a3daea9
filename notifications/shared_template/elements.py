"""One element of a template, as it is kept: plain text, an answer, an advice, a position; or `Refused` in French.

Text only: no HTML, and no other links than https.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from ..questionnaire import ANY_TIME, SAYING, Entry, Question, Refused, check_entry, list_ticked, read_certainty
from ..questionnaire.values import clean_text, list_texts

# Longest texts, in characters; the first four stand on one line.
TITLE, NAME, CONTACT, SUMMARY = 120, 120, 300, 300
COVER, POSITION, ADVICE = 4000, 1500, 1500
PART = 3000  # of a text in parts: leaves room for the source's words beside it
SURE_OF_NOTHING = "suspected"  # the certainty of what an organisation adds without saying how sure it is

MARKUP = re.compile(r"<[a-zA-Z/!?]")
SCHEME = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|(?:javascript|vbscript|data|file):(?=\S))", re.IGNORECASE)
LINK = re.compile(
    r"https://([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+)(?![\w@:-]|\.\w)[^\s<>\"«»\\]*", re.IGNORECASE
)

Raw = Mapping[str, Any]


def clean_line(raw: Any, limit: int) -> str:
    """Return plain text on one line, as it is kept. Raises Refused."""
    return " ".join(clean_plain(raw, limit).split())


def clean_plain(raw: Any, limit: int) -> str:
    """Return plain text as it is kept: neither HTML nor links other than https. Raises Refused."""
    text = clean_text(raw, limit)
    if MARKUP.search(text):
        raise Refused("Ce texte contient du code HTML : écrivez-le en texte simple.")
    for scheme in SCHEME.finditer(text):
        if not LINK.match(text, scheme.start()):
            raise Refused(f"« {text[scheme.start() :][:40]} » n'est pas un lien accepté : il commence par https://.")
    return text


def clean_answer(question: Question, raw: Any) -> dict[str, Any]:
    """Return what a file says of an answer, as it is kept. Raises Refused.

    The organisation's text is one part of a text in parts. What it adds without saying how sure it is, is suspected:
    nothing suspected passes for a fact because a template left it out."""
    if not question.shareable:
        raise Refused("Seul le cabinet peut répondre à cette question : un modèle n'y apporte qu'un conseil.")
    if not isinstance(raw, Mapping) or raw.keys() - set(SAYING):
        raise Refused("Cette réponse n'a pas la forme attendue.")
    if question.parts:
        if raw.keys() != {"state", "value"} or raw["state"] != "known":
            raise Refused("Un texte est attendu ici : il sera imprimé à part, au nom de l'organisation.")
        if text := clean_plain(raw["value"], PART):
            return {"state": "known", "value": text}
        raise Refused("Cette réponse ne dit rien : retirez-la du modèle.")
    entry = check_entry(question, raw, ANY_TIME)
    if entry["state"] == "cleared" or entry.get("value") == "":
        raise Refused("Cette réponse ne dit rien : retirez-la du modèle.")
    if question.type == "choice" and question.forced and entry.get("value", question.forced) != question.forced:
        raise Refused(
            "Ce que le cabinet a décidé, lui seul le sait : un modèle ne propose que « pas encore déterminé »."
        )
    for text in list_texts(entry):
        clean_plain(text, len(text))
    answer = {name: entry[name] for name in SAYING if name in entry}
    if answer["state"] == "known":  # « not known yet » states no fact
        stated = (list_ticked(answer) if question.options else []) or ["*"]
        unsure = [name for name in stated if name != question.forced and not read_certainty(answer, name)]
        if unsure:
            answer["certainty"] = answer.get("certainty", {}) | dict.fromkeys(unsure, SURE_OF_NOTHING)
    return answer


def clean_position(raw: Any) -> dict[str, str]:
    """Return what an organisation itself advises, and since when, as it is kept. Raises Refused."""
    if not isinstance(raw, Mapping) or raw.keys() != {"text", "date"}:
        raise Refused("Un texte et sa date sont attendus ici.")
    if text := clean_plain(raw["text"], POSITION):
        return {"text": text, "date": clean_day(raw["date"])}
    raise Refused("Ce texte manque.")


def clean_day(raw: Any) -> str:
    """Return a day in ISO. Raises Refused."""
    try:
        if isinstance(raw, str) and dt.date.fromisoformat(raw).isoformat() == raw:
            return raw
    except ValueError:
        pass
    raise Refused("Une date comme 2025-11-14 est attendue ici.")


def clean_advice(question: Question, raw: Any) -> str:
    """Return advice for any question, as it is kept. Raises Refused."""
    if text := clean_plain(raw, ADVICE):
        return text
    raise Refused("Ce conseil ne dit rien : retirez-le du modèle.")


def propose_entry(question: Question, answer: Raw, origin: str) -> Entry:
    """Return the unread answer that a template proposes."""
    value = {"value": [{"text": answer["value"], "origin": origin}]} if question.parts else {}
    return check_entry(question, {**answer, **value, "origin": origin, "basis": origin, "reviewed": False}, ANY_TIME)


def split_links(text: str) -> list[tuple[str, str]]:
    """Return a text cut into (words, domain): a domain where the words are a link, "" elsewhere."""
    cut, done = [], 0
    for link in LINK.finditer(text):
        words = link[0].rstrip(".,;:!?)…")
        cut += [(text[done : link.start()], ""), (words, link[1].lower())]
        done = link.start() + len(words)
    return [(words, domain) for words, domain in [*cut, (text[done:], "")] if words]
