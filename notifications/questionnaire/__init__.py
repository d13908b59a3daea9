"""The form as data: read and check a questionnaire, which questions apply, and the only validator of answers."""

from . import strict_json
from .conditions import Answers, Case, applicable, doubts, sentences, with_copies
from .entries import (
    Entry,
    certainty_of,
    check_entry,
    edited,
    is_blank,
    kept,
    part_texts,
    same_answer,
    ticked_options,
)
from .moments import Refused, span
from .schema import STATUSES, BadFile, Question, Questionnaire, Rule, build, load, read_toml
from .values import NONE, Context

__all__ = [
    "NONE",
    "STATUSES",
    "Answers",
    "BadFile",
    "Case",
    "Context",
    "Entry",
    "Question",
    "Questionnaire",
    "Refused",
    "Rule",
    "applicable",
    "build",
    "certainty_of",
    "check_entry",
    "doubts",
    "edited",
    "is_blank",
    "kept",
    "load",
    "part_texts",
    "read_toml",
    "same_answer",
    "sentences",
    "span",
    "strict_json",
    "ticked_options",
    "with_copies",
]
