"""One element of a template, as it is kept: plain text, an answer, an advice, a position; or `Refused` in French.

Text only: no HTML, and no other links than https.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..questionnaire import ANY_TIME, Entry, Question, Refused, certainty_of, check_entry, ticked_options
from ..questionnaire.values import clean_text

# Longest texts, in characters; the first four stand on one line.
TITLE, NAME, CONTACT, SUMMARY = 120, 120, 300, 300
COVER, POSITION, ADVICE = 4000, 1500, 1500
PART = 3000  # of a text in parts: leaves room for the source's words beside it
ANSWER = ("state", "value", "note", "details", "certainty")  # of an entry; the rest follows from whose template it is
SURE_OF_NOTHING = "suspected"  # the certainty of what an organisation adds without saying how sure it is

MARKUP = re.compile(r"<[a-zA-Z/!?]")
SCHEME = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|(?:javascript|vbscript|data|file):(?=\S))", re.IGNORECASE)
LINK = re.compile(
    r"https://([a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)+)(?![\w@:-]|\.\w)[^\s<>\"«»\\]*", re.IGNORECASE
)

Raw = Mapping[str, Any]


def clean_line(raw: Any, limit: int) -> str:
    """Plain text on one line, as it is kept. Raises Refused."""
    return " ".join(clean_plain(raw, limit).split())


def clean_plain(raw: Any, limit: int) -> str:
    """Plain text as it is kept: neither HTML nor links other than https. Raises Refused."""
    text = clean_text(raw, limit)
    if MARKUP.search(text):
        raise Refused("Ce texte contient du code HTML : écrivez-le en texte simple.")
    for found in SCHEME.finditer(text):
        if not LINK.match(text, found.start()):
            raise Refused(f"« {text[found.start() :][:40]} » n'est pas un lien accepté : il commence par https://.")
    return text


def clean_answer(question: Question, raw: Any) -> dict[str, Any]:
    """What a file says of an answer, as it is kept. Raises Refused.

    The organisation's text is one part of a text in parts. What it adds without saying how sure it is, is suspected."""
    if not question.shareable:
        raise Refused("Seul le cabinet peut répondre à cette question : un modèle n'y apporte qu'un conseil.")
    if not isinstance(raw, Mapping) or raw.keys() - set(ANSWER):
        raise Refused("Cette réponse n'a pas la forme attendue.")
    if question.parts:
        return {"state": "known", "value": _clean_part(raw)}
    entry = check_entry(question, raw, ANY_TIME)
    if entry["state"] == "cleared" or entry.get("value") == "":
        raise Refused("Cette réponse ne dit rien : retirez-la du modèle.")
    if question.type == "choice" and question.forced and entry.get("value", question.forced) != question.forced:
        raise Refused(
            "Ce que le cabinet a décidé, lui seul le sait : un modèle ne propose que « pas encore déterminé »."
        )
    for text in _texts(entry):
        clean_plain(text, len(text))
    return _with_certainty(question, {name: entry[name] for name in ANSWER if name in entry})


def _clean_part(raw: Raw) -> str:
    if raw.keys() != {"state", "value"} or raw["state"] != "known":
        raise Refused("Un texte est attendu ici : il sera imprimé à part, au nom de l'organisation.")
    if text := clean_plain(raw["value"], PART):
        return text
    raise Refused("Cette réponse ne dit rien : retirez-la du modèle.")


def _texts(value: Any) -> Iterator[str]:
    """Every text inside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _with_certainty(question: Question, answer: dict[str, Any]) -> dict[str, Any]:
    """Nothing suspected passes for a fact because a template left it out; « not known yet » states no fact."""
    if answer["state"] != "known":
        return answer
    ticked = (ticked_options(answer) if question.options else []) or ["*"]
    missing = [name for name in ticked if name != question.forced and not certainty_of(answer, name)]
    if not missing:
        return answer
    return {**answer, "certainty": answer.get("certainty", {}) | dict.fromkeys(missing, SURE_OF_NOTHING)}


def clean_position(raw: Any) -> dict[str, str]:
    """What an organisation itself advises, and since when, as it is kept. Raises Refused."""
    if not isinstance(raw, Mapping) or raw.keys() != {"text", "date"}:
        raise Refused("Un texte et sa date sont attendus ici.")
    if text := clean_plain(raw["text"], POSITION):
        return {"text": text, "date": clean_day(raw["date"])}
    raise Refused("Ce texte manque.")


def clean_day(raw: Any) -> str:
    """A day in ISO. Raises Refused."""
    try:
        if isinstance(raw, str) and dt.date.fromisoformat(raw).isoformat() == raw:
            return raw
    except ValueError:
        pass
    raise Refused("Une date comme 2025-11-14 est attendue ici.")


def clean_advice(question: Question, raw: Any) -> str:
    """Advice for any question, as it is kept. Raises Refused."""
    if text := clean_plain(raw, ADVICE):
        return text
    raise Refused("Ce conseil ne dit rien : retirez-le du modèle.")


def proposed_entry(question: Question, answer: Raw, origin: str) -> Entry:
    """The unread answer that a template proposes."""
    value = {"value": [{"text": answer["value"], "origin": origin}]} if question.parts else {}
    return check_entry(question, {**answer, **value, "origin": origin, "basis": origin, "reviewed": False}, ANY_TIME)


def pieces(text: str) -> list[tuple[str, str]]:
    """A text cut into (words, domain): a domain where the words are a link, "" elsewhere."""
    found, done = [], 0
    for link in LINK.finditer(text):
        words = link[0].rstrip(".,;:!?)…")
        found += [(text[done : link.start()], ""), (words, link[1].lower())]
        done = link.start() + len(words)
    return [(words, domain) for words, domain in [*found, (text[done:], "")] if words]
