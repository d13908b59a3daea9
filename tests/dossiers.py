"""Dossiers as plain data, from the files that ship: no database."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from notifications import catalogue, obligations, prefill, questionnaire
from notifications.questionnaire import Context, Entry, apply_edit, check_entry, read_part_texts
from notifications.report import DossierData

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"
PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2025, 11, 14, 8, 0, tzinfo=UTC)  # before the deadline of the example's practice
LATE = datetime(2025, 11, 20, 8, 0, tzinfo=UTC)
AS_IN_EXAMPLE: Mapping[str, Any] = tomllib.loads((ROOT / "examples/cabinet-weda.toml").read_text("utf-8"))


@cache
def form() -> questionnaire.Questionnaire:
    return questionnaire.load_questionnaire(SEEDS / "questionnaires/cnil-2023-07.toml")


@cache
def revision(name: str) -> catalogue.Revision:
    """`weda-2025-11.3`: a revision that ships."""
    return catalogue.load_revision(SEEDS / f"incidents/{name}.toml", form())


def weda_data(
    answers: Mapping[str, Any] = AS_IN_EXAMPLE, *, number: int = 3, newest: int = 3, zone: ZoneInfo = PARIS
) -> DossierData:
    """A dossier begun on one revision of the incident Weda, then edited as on the pages by a practice.

    `answers` holds plain values as in the example file, `{"unknown": True, "note": …}`, `{"value": …, "note": …}`,
    or for a text in parts `{part: text}`, which leaves the other parts as they are."""
    begun = revision(f"weda-2025-11.{number}")
    entries = prefill.fill_entries({}, prefill.keep_strongest(prefill.stack_layers(form(), begun)))
    for key, value in answers.items():
        if entry := answered(key, value, entries.get(key), zone):
            entries[key] = entry
    known = {each.origin: each for each in (revision(f"weda-2025-11.{n}") for n in range(1, newest + 1))}
    return DossierData(
        form(),
        entries,
        zone,
        obligations.load_duties(SEEDS / "obligations.toml"),
        begun,
        known[f"incident:weda-2025-11@{newest}"],
        known,
    )


def answered(key: str, value: Any, base: Entry | None = None, zone: ZoneInfo = PARIS) -> Entry | None:
    """The entry that a practice's plain answer makes of `base`; None when nothing was there and nothing is said."""
    question = form().questions[key]
    sent = check_entry(question, _raw(question, value, base), Context(zone, LATE))
    return apply_edit(question, base, sent)


def _raw(question: questionnaire.Question, value: Any, base: Entry | None) -> dict[str, Any]:
    if question.parts and not (isinstance(value, dict) and "unknown" in value):
        mine = value if isinstance(value, dict) else {question.part_for("practice"): value}
        return {"state": "known", "value": read_part_texts(question, base) | mine}
    if not isinstance(value, dict):
        return {"state": "known", "value": value}
    rest = {name: each for name, each in value.items() if name not in ("unknown", "not_applicable")}
    return {"state": next((name for name in ("unknown", "not_applicable") if name in value), "known"), **rest}
