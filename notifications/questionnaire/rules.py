"""What must hold between the keys of a questionnaire: a file that breaks a rule is refused with every problem found."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .entries import make_default_entry
from .loading import convert_tables, join_words, read_toml
from .moments import Refused
from .schema import LATE, Condition, Doubt, Question, Questionnaire, Sentence

MOMENTS = ("date", "moment", "datetime")
COMPARABLE = {  # what each test of a condition compares: the types of question whose answers it can be asked of
    "any": ("choice", "choices"),
    "beside": ("choices",),
    "option": ("choice", "choices"),
    "more_than": ("number",),
    "after": MOMENTS,
    "not_after_fact": MOMENTS,
}
VALUES = {"choice": str, "yes_no": bool, "number": int}  # what « is » can be of each type


def load_questionnaire(path: Path) -> Questionnaire:
    """Read and check a questionnaire file."""
    return build_questionnaire(read_toml(path), path.name)


def build_questionnaire(tables: Mapping[str, Any], file: str) -> Questionnaire:
    """Return the questionnaire that the tables hold; `file` is its name in problems. Raises Unusable."""
    return convert_tables(tables, Questionnaire, file, find_problems)


def find_problems(form: Questionnaire) -> Iterator[tuple[str, str]]:
    """Yield (key, what is wrong) for each rule that the form breaks."""
    steps, subjects = [step.slug for step in form.steps], [subject.slug for subject in form.subjects]
    names = (("étapes", steps), ("écrans", subjects), ("questions", [question.key for question in form.in_order]))
    yield from ((key, f"deux {what} ont ce nom.") for what, keys in names for key in find_doubles(keys))
    earlier: list[str] = []
    for question in form:
        yield from ((question.key, problem) for problem in check_question(question))
        yield from ((question.key, problem) for problem in check_links(question, form, earlier))
        if question.step not in steps:
            yield question.key, f"l'étape « {question.step} » n'existe pas."
        earlier.append(question.key)
    for subject in form.subjects:
        yield from ((subject.slug, problem) for problem in check_keys([subject.first], form.questions))
    rules: tuple[Doubt | Sentence, ...] = (*form.doubts, *form.sentences)
    for rule in rules:
        keys = (rule.key,) if isinstance(rule, Sentence) else rule.keys
        problems = (*check_keys(keys, form.questions), *check_conditions(rule.when, form))
        yield from ((", ".join(keys), problem) for problem in problems)


def find_doubles(names: Iterable[str]) -> list[str]:
    """Return the names that stand more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


def check_question(question: Question, *, in_group: bool = False) -> Iterator[str]:
    """Yield what is wrong with a question taken alone."""
    if (question.type in ("choice", "choices")) != bool(question.options):
        yield "« options » va avec les types choice et choices, et seulement avec eux."
    if (question.type == "group") != bool(question.fields) or (in_group and question.fields):
        yield "« field » va avec le type group, et seulement avec lui ; un groupe n'en contient pas d'autre."
    if (question.ticks or question.parts) and question.type != "text":
        yield "« tick » et « parts » vont avec le type text."
    if question.practice_only and (question.default or question.shareable):
        yield "« practice_only » ne va ni avec « default » ni avec « shareable »."
    parts = ["", *(part.key for part in question.parts)]
    yield from (
        f"la case « {tick.key} » va dans une partie qui n'existe pas."
        for tick in question.ticks
        if tick.part not in parts
    )
    yield from (
        f"deux options ont la clé « {key} »." for key in find_doubles(option.key for option in question.options)
    )
    if question.forced and question.option(question.forced) is None:
        yield f"« forced » : l'option « {question.forced} » n'existe pas."
    try:
        make_default_entry(question)
    except Refused as refused:
        yield f"« default » : {refused}"
    for each in question.fields:
        yield from (join_words(each.key, problem) for problem in check_question(each, in_group=True))


def check_links(question: Question, form: Questionnaire, earlier: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with what a question says of others, of which those `earlier` come before it."""
    if question.subject and question.subject not in [subject.slug for subject in form.subjects]:
        yield f"l'écran « {question.subject} » n'existe pas."
    copy = question.copied_from
    yield from check_keys([question.merge_with, *((copy.key, copy.when) if copy else ())], form.questions)
    if (root := form.get(question.merge_with)) and root.merge_with:
        yield f"« merge_with » mène à « {root.key} », qui en a un elle-même."
    asked = [condition for condition in question.applies if condition not in LATE]
    if not all(condition.plain for condition in asked):
        yield "« applies » n'essaie que is, any ou known."
    yield from (f"« {each.key} » ne vient pas avant elle." for each in asked if each.key not in earlier)
    yield from check_conditions((*asked, *(each for tick in question.ticks for each in tick.when)), form)


def check_keys(keys: Iterable[str | None], among: Collection[str]) -> Iterator[str]:
    """Yield those keys that are given and that no question has."""
    yield from (f"la question « {key} » n'existe pas." for key in keys if key and key not in among)


def check_conditions(conditions: Iterable[Condition], form: Questionnaire) -> Iterator[str]:
    """Yield what conditions compare that cannot be compared: questions and options that the form does not have, and
    answers of another type than the test is for."""
    for condition in conditions:
        yield from check_keys([condition.key, condition.after, condition.more_than], form.questions)
        question = form.get(condition.key)
        if question is None:
            continue
        tests = [name for name in COMPARABLE if getattr(condition, name) is not None]
        for compared in filter(None, (question, form.get(condition.after or condition.more_than or ""))):
            yield from (
                f"« {test} » ne va pas avec « {compared.key} », de type {compared.type}."
                for test in tests
                if compared.type not in COMPARABLE[test]
            )
        if condition.is_ is not None and type(condition.is_) is not VALUES.get(question.type):
            yield f"« {condition.key} », de type {question.type}, n'a jamais la valeur « {condition.is_} »."
        elif question.options:
            options = {None, *(option.key for option in question.options)}
            for named in (condition.is_, condition.option, condition.beside, *(condition.any or ())):
                if named not in options:
                    yield f"« {condition.key} » n'a pas l'option « {named} »."
