"""Drafts printed once and read back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import pytest

from notifications.documents import pdf
from notifications.report import build_report
from tests.documents.reading import Dossier
from tests.dossiers import NOW, weda_data


@cache
def _example() -> Dossier:
    report = build_report(weda_data(), NOW)
    return Dossier(report, pdf.draft_pdf(report))


@pytest.fixture
def dossier() -> Dossier:
    """The example's practice, before its deadline, with its notes."""
    return _example()


@pytest.fixture(scope="module")
def printed() -> Callable[..., Dossier]:
    """Prints a dossier made of the given answers, each only once."""
    found: dict[str, Dossier] = {}

    def make(answers: Mapping[str, Any], *, now: datetime = NOW, **options: Any) -> Dossier:
        key = repr((sorted(answers.items()), now, options))
        if key not in found:
            report = build_report(weda_data(answers), now)
            titles = {name: options[name] for name in ("title", "incident_title") if name in options}
            found[key] = Dossier(report, pdf.draft_pdf(report, **options), **titles)
        return found[key]

    return make
