"""What the public page of a template shows, and how one revision differs from another: plain data for templates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.urls import reverse

from ... import prefill, seeds, shared_template
from ...catalogue import Revision
from ...deadlines import PARIS, day_in_words
from ...questionnaire import Question, Questionnaire
from ...report import Line, incident_page, list_value_lines
from ...services.incidents import incidents
from ...services.shared_templates import templates
from ...shared_template import SharedTemplateFile
from ...typography import Words

NAMES = {"title": "Titre", "cover": "Présentation", "position": "Position de l'organisation", "contact": "Contact"}


@dataclass(frozen=True)
class Said:
    """One element of a template: its name, and its words before and now; both empty where it says nothing."""

    name: str
    before: tuple[Line, ...]
    now: tuple[Line, ...]


def context(stored: Any, revisions: Sequence[SharedTemplateFile]) -> dict[str, Any]:
    """Everything that the page of a template needs; `stored` is a row of the database, `revisions` hold what was
    published of it, newest first."""
    newest = revisions[0]
    questionnaire = seeds.questionnaire(newest.questionnaire)
    known = incidents.revisions(newest.incident[0]) if newest.incident else []
    return {
        "template": stored,
        "newest": newest,
        "since": revisions[-1].published_at,
        "incident": known[0] if known else None,
        "about": _to_notify(known[0]) if known else [],
        "steps": steps(questionnaire, newest, known[0] if known else None),
        "changes": changes(questionnaire, revisions),
        "digest": digest(newest),
        "cover": shared_template.pieces(newest.cover),
        "position": shared_template.pieces(newest.position.text) if newest.position else [],
        "contact": shared_template.pieces(newest.contact),
        "public_line": shared_template.pieces(stored.public_line),
    }


def _to_notify(incident: Revision) -> list[dict[str, Any]]:
    """Who advises what about notifying, which no organisation can take away."""
    return [each for each in incident_page.guidance(incident) if each["title"] == incident_page.ABOUT["notify"]]


def digest(revision: SharedTemplateFile) -> str:
    """SHA-256 of the file of this revision."""
    return shared_template.digest_of(shared_template.contents(revision))


def address(slug: str) -> str:
    """Where members find a template."""
    return settings.SITE_URL + reverse("template", args=[slug])


def steps(
    questionnaire: Questionnaire, template: SharedTemplateFile, incident: Revision | None
) -> list[dict[str, Any]]:
    """For each step where something is prepared: what the organisation answers, how many answers more come from the
    incident, and its advice."""
    shown = []
    of_incident = prefill.of_incident(questionnaire, incident) if incident else {}
    for step in questionnaire.steps:
        questions = questionnaire.of_step(step.slug)
        found = {
            "answers": [(each, answer_lines(each, template)) for each in questions if each.key in template.answers],
            "others": sum(each.key in of_incident and each.key not in template.answers for each in questions),
            "advice": [(each, shared_template.pieces(template.advice[each.key])) for each in questions
                       if each.key in template.advice],
        }  # fmt: skip
        if any(found.values()):
            shown.append({"slug": step.slug, "title": step.title, **found})
    return shown


def answer_lines(question: Question, template: SharedTemplateFile) -> tuple[Line, ...]:
    """What a template answers, in the words of the form."""
    answer = template.answers.get(question.key)
    return _lines(question, answer) if answer else ()


def _lines(question: Question, answer: Mapping[str, Any]) -> tuple[Line, ...]:
    note = (Line(answer["note"], "note"),) if answer.get("note") else ()
    if answer["state"] != "known":
        words = {"unknown": "Pas encore connu", "not_applicable": "Sans objet"}[answer["state"]]
        return (Line(words, "unknown"), *note)
    if question.parts:
        return (Line(answer["value"]),)
    return (*list_value_lines(question, answer, PARIS), *note)


# -- what differs -----------------------------------------------------------------------------------------


def changes(questionnaire: Questionnaire, revisions: Sequence[SharedTemplateFile]) -> list[dict[str, Any]]:
    """What each revision brought, newest first: the names of what it says differently; None for the first."""
    names = [[said.name for said in differences(questionnaire, old, new)] for new, old in pairwise(revisions)]
    return [
        {"revision": revision, "names": found, "digest": digest(revision)}
        for revision, found in zip(revisions, [*names, None], strict=True)
    ]


def differences(questionnaire: Questionnaire, old: SharedTemplateFile | None, new: SharedTemplateFile) -> list[Said]:
    """What `new` says otherwise than `old`, in the order of the form; all that it says when there is no old one."""
    before, now = (_elements(each) if each else {} for each in (old, new))
    names = [name for name in _names(questionnaire) if before.get(name) != now.get(name)]
    return [_said(questionnaire, name, before.get(name), now.get(name)) for name in names]


def _elements(template: SharedTemplateFile) -> dict[str, Any]:
    return {**templates.elements_of(shared_template.contents(template)), "contact": template.contact or None}


def _names(questionnaire: Questionnaire) -> Iterator[str]:
    yield from NAMES
    for question in questionnaire:
        yield from (templates.ANSWERS + question.key, templates.ADVICE + question.key)


def _said(questionnaire: Questionnaire, name: str, before: Any, now: Any) -> Said:
    question = questionnaire.get(name.partition(".")[2])
    if question is None:
        return Said(NAMES[name], _words(before), _words(now))
    if name.startswith(templates.ADVICE):
        return Said(Words(f"Conseil : {question.label}"), _words(before), _words(now))
    lines = [_lines(question, each) if each else () for each in (before, now)]
    return Said(question.label, lines[0], lines[1])


def _words(value: Any) -> tuple[Line, ...]:
    if not value:
        return ()
    text = value if isinstance(value, str) else f"{value['text']} ({day_in_words(value['date'])})"
    return (Line(text),)
