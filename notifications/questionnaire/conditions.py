"""Which questions apply, which answers disagree, which sentences follow: conditions over answers, never stored.

`facts` are what a caller knows and answers do not: {"late": bool, "attack": "2025-11-10" or an instant}.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from .entries import is_blank, list_ticked, read_certainty
from .moments import find_span
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


def find_applicable(case: Case) -> tuple[Question, ...]:
    """Return the questions that apply, in order. A condition on an unknown, unanswered or inapplicable one is false."""
    questions: list[Question] = []
    visible_answers: dict[str, Any] = {}
    visible_case = replace(case, answers=visible_answers)
    for question in case.questionnaire:
        if holds(question.applies, visible_case):
            questions.append(question)
            if question.key in case.answers:
                visible_answers[question.key] = case.answers[question.key]
    return tuple(questions)


def find_doubts(case: Case) -> tuple[Doubt, ...]:
    """Return the doubts whose conditions all hold: answers that disagree, never blocking."""
    return _match_rules(case, case.questionnaire.doubts)


def find_sentences(case: Case) -> tuple[Sentence, ...]:
    """Return the sentences that follow from the answers and their certainty."""
    return _match_rules(case, case.questionnaire.sentences)


def _match_rules(case: Case, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    questions = find_applicable(case)
    answers = {each.key: case.answers[each.key] for each in questions if each.key in case.answers}
    visible_case = replace(case, answers=answers)
    return tuple(rule for rule in rules if holds(rule.when, visible_case, questions))


def holds(conditions: Iterable[Condition], case: Case, questions: Sequence[Question] = ()) -> bool:
    """Say whether all these conditions hold for the answers as they stand; `questions` are those that apply, among
    which `unknown_for` looks for one that is open."""
    return all(_test_condition(condition, case, questions) for condition in conditions)


def _test_condition(condition: Condition, case: Case, questions: Sequence[Question]) -> bool:
    if condition.fact:
        return bool(case.facts.get(condition.fact))
    if condition.unknown_for:
        needed = [case.answers.get(each.key) for each in questions if condition.unknown_for in each.needed_for]
        return any(entry is None or is_blank(entry) or entry["state"] == "unknown" for entry in needed)
    entry = case.answers.get(condition.key)
    known = entry is not None and entry["state"] == "known"
    if condition.known is not None:
        return condition.known == (known and not is_blank(entry))
    if condition.state:
        return entry is not None and entry["state"] == condition.state
    if entry is None or not known:
        return False
    value, chosen = entry["value"], list_ticked(entry)
    if condition.is_ is not None:
        return bool(value == condition.is_)
    if condition.any is not None:
        return not set(chosen).isdisjoint(condition.any)
    if condition.beside:
        return condition.beside in chosen and len(chosen) > 1
    if condition.certainty is not None:
        option = condition.option or "*"
        return (option == "*" or option in chosen) and read_certainty(entry, option) in condition.certainty
    if condition.more_than:
        other_count = case.answers.get(condition.more_than, {}).get("value")
        return isinstance(other_count, int) and value > other_count
    # A bare day may be any of its instants: only what is later, or not later, for certain counts.
    if condition.not_after_fact:
        moment = str(case.facts.get(condition.not_after_fact) or "")
        return bool(moment) and find_span(value, case.zone)[0] <= find_span(moment, case.zone)[1]
    other: Mapping[str, Any] = case.answers.get(condition.after or "", {})
    return other.get("state") == "known" and find_span(value, case.zone)[0] > find_span(other["value"], case.zone)[1]


def fill_copies(questionnaire: Questionnaire, answers: Answers) -> dict[str, Mapping[str, Any]]:
    """Return answers in which a question that copies another (« c'est la même personne ») has that one's entry.

    Computed at each reading, so that a correction of the first is never forgotten in the second."""
    entries = dict(answers)
    for question in questionnaire:
        if is_copy(question, answers):
            entries.pop(question.key, None)
            if question.copied_from and question.copied_from.key in answers:
                entries[question.key] = answers[question.copied_from.key]
    return entries


def is_copy(question: Question, answers: Answers) -> bool:
    """Say whether this question copies another one, as the answers stand."""
    link = question.copied_from
    return link is not None and answers.get(link.when, {}).get("value") is True
