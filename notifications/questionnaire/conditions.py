"""Which questions apply, which answers disagree, which sentences follow: conditions over answers, never stored.

`facts` are what a caller knows and answers do not: {"late": bool, "attack": "2025-11-10" or an instant}.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from .entries import certainty_of, is_blank, ticked_options
from .moments import span
from .schema import Question, Questionnaire, Rule

Answers = Mapping[str, Mapping[str, Any]]
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True)
class Case:
    """Answers as conditions see them: only those of questions that apply count."""

    questionnaire: Questionnaire
    answers: Answers
    facts: Mapping[str, Any] = field(default_factory=dict)
    zone: ZoneInfo = PARIS


def applicable(case: Case) -> tuple[Question, ...]:
    """The questions that apply, in order. A condition on an unknown, unanswered or inapplicable one is false."""
    found: list[Question] = []
    visible: dict[str, Any] = {}
    seen = replace(case, answers=visible)
    for question in case.questionnaire:
        if all(_holds(condition, seen, ()) for condition in question.applies):
            found.append(question)
            visible |= _answers_of(case, question)
    return tuple(found)


def _answers_of(case: Case, *questions: Question) -> dict[str, Any]:
    return {each.key: case.answers[each.key] for each in questions if each.key in case.answers}


def doubts(case: Case) -> tuple[Rule, ...]:
    """Rules of the questionnaire whose conditions all hold: answers that disagree, never blocking."""
    return _matching(case, case.questionnaire.doubts)


def sentences(case: Case) -> tuple[Rule, ...]:
    """Sentences that follow from the answers and their certainty."""
    return _matching(case, case.questionnaire.sentences)


def _matching(case: Case, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    questions = applicable(case)
    seen = replace(case, answers=_answers_of(case, *questions))
    return tuple(rule for rule in rules if all(_holds(condition, seen, questions) for condition in rule.when))


def holds(conditions: Iterable[Mapping[str, Any]], case: Case) -> bool:
    """Do all these conditions hold for the answers as they stand?"""
    return all(_holds(condition, case, ()) for condition in conditions)


def _holds(condition: Mapping[str, Any], case: Case, questions: tuple[Question, ...]) -> bool:
    if "fact" in condition:
        return bool(case.facts.get(condition["fact"]))
    if "unknown_for" in condition:
        return any(_unsettled(question, condition["unknown_for"], case) for question in questions)
    entry = case.answers.get(condition["key"])
    known = entry is not None and entry["state"] == "known"
    if "known" in condition:
        return bool(condition["known"]) == (known and not is_blank(entry))
    if "state" in condition:
        return entry is not None and entry["state"] == condition["state"]
    if entry is None or not known:
        return False
    return _holds_of(condition, entry, case)


def _unsettled(question: Question, kind: str, case: Case) -> bool:
    entry = case.answers.get(question.key)
    return kind in question.needed_for and (is_blank(entry) or (entry or {}).get("state") == "unknown")


def _holds_of(condition: Mapping[str, Any], entry: Mapping[str, Any], case: Case) -> bool:
    """A test of a known entry's value."""
    value, ticked = entry["value"], ticked_options(entry)
    if "is" in condition:
        return bool(value == condition["is"])
    if "any" in condition:
        return bool(set(ticked) & set(condition["any"]))
    if "beside" in condition:
        return condition["beside"] in ticked and len(ticked) > 1
    if "certainty" in condition:
        option = condition.get("option", "*")
        return (option == "*" or option in ticked) and certainty_of(entry, option) in condition["certainty"]
    if "more_than" in condition:
        other = case.answers.get(condition["more_than"], {}).get("value")
        return isinstance(other, int) and value > other
    if "not_after_fact" in condition:
        fact = str(case.facts.get(condition["not_after_fact"]) or "")
        return bool(fact) and not _after(value, fact, case.zone)
    later_than: Mapping[str, Any] = case.answers.get(condition["after"], {})
    return later_than.get("state") == "known" and _after(value, later_than["value"], case.zone)


def _after(one: str, other: str, zone: ZoneInfo) -> bool:
    """Is `one` later than `other` for certain? A bare day may be any of its instants."""
    return span(one, zone)[0] > span(other, zone)[1]


def with_copies(questionnaire: Questionnaire, answers: Answers) -> dict[str, Mapping[str, Any]]:
    """Answers in which a question that copies another (« c'est la même personne ») has that one's entry.

    Computed at each reading, so that a correction of the first is never forgotten in the second."""
    found = dict(answers)
    for question in questionnaire:
        if is_copy(question, answers):
            found.pop(question.key, None)
            if question.copied_from["key"] in answers:
                found[question.key] = answers[question.copied_from["key"]]
    return found


def is_copy(question: Question, answers: Answers) -> bool:
    """Does this question copy another one, as the answers stand?"""
    link = question.copied_from
    return bool(link) and answers.get(link["if"], {}).get("value") is True
