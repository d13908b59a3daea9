"""Drafts printed once and read back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from notifications.documents import pdf
from notifications.report import build_report
from tests.documents.reading import Draft
from tests.dossiers import NOW, weda_dossier


@cache
def _example() -> Draft:
    report = build_report(weda_dossier(), NOW)
    return Draft(report, pdf.draft_pdf(report))


@pytest.fixture
def draft() -> Draft:
    """The example's practice, before its deadline, with its notes."""
    return _example()


@pytest.fixture(scope="module")
def printed() -> Callable[..., Draft]:
    """Prints a dossier made of the given answers, each only once."""
    found: dict[str, Draft] = {}

    def make(answers: Mapping[str, Any], *, now: datetime = NOW, **options: Any) -> Draft:
        key = repr((sorted(answers.items()), now, options))
        if key not in found:
            report = build_report(weda_dossier(answers), now)
            titles = {name: options[name] for name in ("title", "incident_title") if name in options}
            found[key] = Draft(report, pdf.draft_pdf(report, **options), **titles)
        return found[key]

    return make
