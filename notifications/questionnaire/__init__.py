"""The form as data: read and check a questionnaire, which questions apply, and the only validator of answers."""

from . import strict_json, ticks
from .conditions import Answers, Case, applicable, doubts, holds, is_copy, sentences, with_copies
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
from .moments import Refused, comes_twice, span
from .schema import STATUSES, BadFile, Question, Questionnaire, Rule, Step, Tick, build, load, read_toml
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
    "Step",
    "Tick",
    "applicable",
    "build",
    "certainty_of",
    "check_entry",
    "comes_twice",
    "doubts",
    "edited",
    "holds",
    "is_blank",
    "is_copy",
    "kept",
    "load",
    "part_texts",
    "read_toml",
    "same_answer",
    "sentences",
    "span",
    "strict_json",
    "ticked_options",
    "ticks",
    "with_copies",
]
