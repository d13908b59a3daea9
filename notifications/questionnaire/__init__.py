"""The form as data: read and check a questionnaire, which questions apply, and the only validator of answers."""

from . import strict_json, ticks
from .conditions import Answers, Case, applicable, doubts, holds, is_copy, sentences, with_copies
from .entries import (
    Entry,
    certainty_of,
    check_entry,
    default_entry,
    edited,
    is_blank,
    kept,
    part_texts,
    same_answer,
    ticked_options,
)
from .loading import Filled, Shape, Slug, Unusable, convert_tables, join_words, read_toml
from .moments import Refused, comes_twice, span
from .rules import build, check_conditions, check_keys, find_doubles, load
from .schema import STATUSES, Condition, Doubt, Question, Questionnaire, Sentence, Status, Step, Tick
from .values import ANY_TIME, NONE, Context

__all__ = [
    "ANY_TIME",
    "NONE",
    "STATUSES",
    "Answers",
    "Case",
    "Condition",
    "Context",
    "Doubt",
    "Entry",
    "Filled",
    "Question",
    "Questionnaire",
    "Refused",
    "Sentence",
    "Shape",
    "Slug",
    "Status",
    "Step",
    "Tick",
    "Unusable",
    "applicable",
    "build",
    "certainty_of",
    "check_conditions",
    "check_entry",
    "check_keys",
    "comes_twice",
    "convert_tables",
    "default_entry",
    "doubts",
    "edited",
    "find_doubles",
    "holds",
    "is_blank",
    "is_copy",
    "join_words",
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
