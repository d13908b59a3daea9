"""What the public page of a template shows, and how one revision differs from another: pure functions from revisions
to plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .. import prefill, shared_template
from ..catalogue import Revision
from ..deadlines import PARIS, describe_day
from ..questionnaire import Question, Questionnaire
from ..shared_template import SharedTemplateFile
from ..shared_template.content import ADVICE, ANSWERS, list_elements
from ..typography import Words
from . import Line, incident_page, list_value_lines

NAMES = {"title": "Titre", "cover": "Présentation", "position": "Position de l'organisation", "contact": "Contact"}
STATES = {"unknown": "Pas encore connu", "not_applicable": "Sans objet"}


@dataclass(frozen=True)
class ElementChange:
    """One element of a template: its name, and its lines before and now; both empty where it says nothing."""

    name: str
    before: tuple[Line, ...]
    now: tuple[Line, ...]


def build_template_page(
    revisions: Sequence[SharedTemplateFile], questionnaire: Questionnaire, incident: Revision | None, public_line: str
) -> dict[str, Any]:
    """Return what the page of a template needs; `revisions` are those published of it, newest first, `incident` the
    newest revision of the incident that it is for."""
    newest = revisions[0]
    guidance = incident_page.group_guidance(incident) if incident else []
    return {
        "newest": newest,
        "since": revisions[-1].published_at,
        "incident": incident,
        # who advises what about notifying, which no organisation can take away
        "about": [group for group in guidance if group["title"] == incident_page.ABOUT["notify"]],
        "steps": list_prepared_steps(questionnaire, newest, incident),
        "changes": list_changes(questionnaire, revisions),
        "digest": digest_file(newest),
        "cover": shared_template.split_links(newest.cover),
        "position": shared_template.split_links(newest.position.text) if newest.position else [],
        "contact": shared_template.split_links(newest.contact),
        "public_line": shared_template.split_links(public_line),
    }


def digest_file(revision: SharedTemplateFile) -> str:
    """Return the SHA-256 of the file of this revision."""
    return shared_template.digest_content(shared_template.build_content(revision))


def list_prepared_steps(
    questionnaire: Questionnaire, template: SharedTemplateFile, incident: Revision | None
) -> list[dict[str, Any]]:
    """Return, for each step where something is prepared, what the organisation answers, how many answers more come
    from the incident, and its advice."""
    proposed = prefill.propose_incident(questionnaire, incident) if incident else {}
    steps = []
    for step in questionnaire.steps:
        questions = questionnaire.of_step(step.slug)
        prepared = {
            "answers": [
                (question, list_answer_lines(question, template.answers[question.key]))
                for question in questions
                if question.key in template.answers
            ],
            "others": sum(question.key in proposed and question.key not in template.answers for question in questions),
            "advice": [
                (question, shared_template.split_links(template.advice[question.key]))
                for question in questions
                if question.key in template.advice
            ],
        }
        if any(prepared.values()):
            steps.append({"slug": step.slug, "title": step.title, **prepared})
    return steps


def list_answer_lines(question: Question, answer: Mapping[str, Any]) -> tuple[Line, ...]:
    """Return what a template answers, in the words of the form."""
    note = (Line(answer["note"], "note"),) if answer.get("note") else ()
    if answer["state"] != "known":
        return (Line(STATES[answer["state"]], "unknown"), *note)
    if question.parts:
        return (Line(answer["value"]),)
    return (*list_value_lines(question, answer, PARIS), *note)


def list_changes(questionnaire: Questionnaire, revisions: Sequence[SharedTemplateFile]) -> list[dict[str, Any]]:
    """Return what each revision brought, newest first: the names of what it says differently, None for the first."""
    names = [
        [change.name for change in list_element_changes(questionnaire, older, newer)]
        for newer, older in pairwise(revisions)
    ]
    return [
        {"revision": revision, "names": changed, "digest": digest_file(revision)}
        for revision, changed in zip(revisions, [*names, None][: len(revisions)], strict=True)
    ]


def list_element_changes(
    questionnaire: Questionnaire, older: SharedTemplateFile | None, newer: SharedTemplateFile
) -> list[ElementChange]:
    """Return what `newer` says otherwise than `older`, in the order of the form; all that it says without an older
    one."""
    before, now = (
        {**list_elements(shared_template.build_content(each)), "contact": each.contact or None} if each else {}
        for each in (older, newer)
    )
    changes = []
    names = [*NAMES, *(kind + question.key for question in questionnaire for kind in (ANSWERS, ADVICE))]
    for name in names:
        if before.get(name) == now.get(name):
            continue
        question = questionnaire.get(name.partition(".")[2])
        lines = [_list_element_lines(name, question, elements.get(name)) for elements in (before, now)]
        label = NAMES[name] if question is None else question.label
        changes.append(ElementChange(Words(f"Conseil : {label}" if name.startswith(ADVICE) else label), *lines))
    return changes


def _list_element_lines(name: str, question: Question | None, element: Any) -> tuple[Line, ...]:
    if not element:
        return ()
    if question and name.startswith(ANSWERS):
        return list_answer_lines(question, element)
    text = element if isinstance(element, str) else f"{element['text']} ({describe_day(element['date'])})"
    return (Line(text),)
