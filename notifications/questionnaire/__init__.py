"""The form as data: read and check a questionnaire, which questions apply, and the only validator of answers."""

from . import strict_json, ticks
from .conditions import Answers, Case, fill_copies, find_applicable, find_doubts, find_sentences, holds, is_copy
from .entries import (
    SAYING,
    Entry,
    apply_edit,
    check_entry,
    is_blank,
    is_same_answer,
    list_ticked,
    make_default_entry,
    mark_reviewed,
    read_certainty,
    read_part_texts,
)
from .loading import Filled, Shape, Slug, Unusable, convert_tables, join_words, read_toml
from .moments import Refused, comes_twice, find_span
from .rules import build_questionnaire, check_conditions, check_keys, find_doubles, load_questionnaire
from .schema import STATUSES, Checkbox, Condition, Doubt, Question, Questionnaire, Sentence, Status, Step
from .values import ANY_TIME, NONE, Context

__all__ = [
    "ANY_TIME",
    "NONE",
    "SAYING",
    "STATUSES",
    "Answers",
    "Case",
    "Checkbox",
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
    "Unusable",
    "apply_edit",
    "build_questionnaire",
    "check_conditions",
    "check_entry",
    "check_keys",
    "comes_twice",
    "convert_tables",
    "fill_copies",
    "find_applicable",
    "find_doubles",
    "find_doubts",
    "find_sentences",
    "find_span",
    "holds",
    "is_blank",
    "is_copy",
    "is_same_answer",
    "join_words",
    "list_ticked",
    "load_questionnaire",
    "make_default_entry",
    "mark_reviewed",
    "read_certainty",
    "read_part_texts",
    "read_toml",
    "strict_json",
    "ticks",
]
