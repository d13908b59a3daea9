"""Which questions apply, which answers disagree, which sentences follow: conditions over answers, never stored.

`facts` are what a caller knows and answers do not: {"late": bool, "attack": "2025-11-10" or an instant}.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from .entries import certainty_of, is_blank, ticked_options
from .moments import span
from .schema import Condition, Doubt, Question, Questionnaire, Sentence

Answers = Mapping[str, Mapping[str, Any]]
Rule = TypeVar("Rule", Doubt, Sentence)
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


def doubts(case: Case) -> tuple[Doubt, ...]:
    """Return the doubts whose conditions all hold: answers that disagree, never blocking."""
    return _matching(case, case.questionnaire.doubts)


def sentences(case: Case) -> tuple[Sentence, ...]:
    """Return the sentences that follow from the answers and their certainty."""
    return _matching(case, case.questionnaire.sentences)


def _matching(case: Case, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    questions = applicable(case)
    seen = replace(case, answers=_answers_of(case, *questions))
    return tuple(rule for rule in rules if all(_holds(condition, seen, questions) for condition in rule.when))


def holds(conditions: Iterable[Condition], case: Case) -> bool:
    """Do all these conditions hold for the answers as they stand?"""
    return all(_holds(condition, case, ()) for condition in conditions)


def _holds(condition: Condition, case: Case, questions: tuple[Question, ...]) -> bool:
    if condition.fact:
        return bool(case.facts.get(condition.fact))
    if condition.unknown_for:
        return any(_unsettled(question, condition.unknown_for, case) for question in questions)
    entry = case.answers.get(condition.key)
    known = entry is not None and entry["state"] == "known"
    if condition.known is not None:
        return condition.known == (known and not is_blank(entry))
    if condition.state:
        return entry is not None and entry["state"] == condition.state
    return entry is not None and known and _holds_of(condition, entry, case)


def _unsettled(question: Question, kind: str, case: Case) -> bool:
    entry = case.answers.get(question.key)
    return kind in question.needed_for and (is_blank(entry) or (entry or {}).get("state") == "unknown")


def _holds_of(condition: Condition, entry: Mapping[str, Any], case: Case) -> bool:
    """A test of a known entry's value."""
    value = entry["value"]
    if condition.is_ is not None:
        return bool(value == condition.is_)
    ticked = ticked_options(entry)
    if condition.any is not None:
        return not set(ticked).isdisjoint(condition.any)
    if condition.beside:
        return condition.beside in ticked and len(ticked) > 1
    if condition.certainty is not None:
        option = condition.option or "*"
        return (option == "*" or option in ticked) and certainty_of(entry, option) in condition.certainty
    if condition.more_than:
        other = case.answers.get(condition.more_than, {}).get("value")
        return isinstance(other, int) and value > other
    if condition.not_after_fact:
        fact = str(case.facts.get(condition.not_after_fact) or "")
        return bool(fact) and not _after(value, fact, case.zone)
    later_than: Mapping[str, Any] = case.answers.get(condition.after or "", {})
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
            if question.copied_from and question.copied_from.key in answers:
                found[question.key] = answers[question.copied_from.key]
    return found


def is_copy(question: Question, answers: Answers) -> bool:
    """Does this question copy another one, as the answers stand?"""
    link = question.copied_from
    return link is not None and answers.get(link.when, {}).get("value") is True
