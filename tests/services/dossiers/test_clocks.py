"""A duty's clock is the same wherever it is shown, also under terms that a change of law puts in place of others."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from notifications import obligations, seeds
from notifications.models import Dossier, User, Viewer
from notifications.obligations import CNIL, Deadline
from notifications.report import build_report, listing
from notifications.services.alerts import feeds
from notifications.services.dossiers import loading, saving
from notifications.services.practices import board
from tests.dossiers import SEEDS, form
from tests.stored import Tab, file

SUCCESSOR = """
[[obligation]]
key = "cnil"
title = "Notifier la violation à la CNIL"
who = "le responsable de traitement"
to = "la CNIL, par son téléservice"
delay = "96 heures au plus tard"
tone = "dans les meilleurs délais"
basis = "RGPD art. 33(1), modifié"
link = "https://gdprhub.eu/Article_33_GDPR"
valid_from = "2025-11-13"
certainty = "confirmed"
hours = 96
starts = ["attack_known_at", "aware_at"]
done_by = ["initial", "complete"]
stopped = [{ key = "decision", any = ["not_notify"] }]
"""
NOW = datetime(2025, 11, 16, 8, 0, tzinfo=UTC)
AWARE, LATER = "2025-11-12T18:07:00+01:00", "2025-11-14T18:07:00+01:00"
UNDER_BOTH = {
    "before the change": {"aware_at": AWARE},
    "after it": {"aware_at": LATER},
    "at a moment that only the new terms count from": {"aware_at": AWARE, "attack_known_at": LATER},
    "with a careful reading": {"aware_at": AWARE, "informed_by_processor_at": "2025-11-11T18:07:00+01:00"},
    "with the same reading, which the new terms do not know": {"aware_at": LATER, "informed_by_processor_at": AWARE},
    "not known yet": {"organisation_name": "Cabinet"},
    "stopped by what stops it no longer": {"aware_at": LATER, "decision": "other_reading"},
    "stopped": {"aware_at": AWARE, "decision": "other_reading"},
}


@pytest.fixture
def changed_law(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The duties that ship, of which the first one has successive terms."""
    text = (SEEDS / "obligations.toml").read_text("utf-8")
    text = text.replace('certainty = "confirmed"\n', 'certainty = "confirmed"\nvalid_until = "2025-11-12"\n', 1)
    path = tmp_path / "obligations.toml"
    path.write_text(text + SUCCESSOR, "utf-8")
    duties = obligations.load_duties(path, form())
    monkeypatch.setattr(seeds, "load_duties", lambda: duties)


@pytest.fixture
def dossier(seeds_loaded: None) -> Dossier:
    user = User.objects.create(email="gestion@example.org")
    dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="x", now=NOW, answers={})
    Dossier.objects.filter(pk=dossier.pk).update(owner=user)
    return dossier


def clock_everywhere(dossier: Dossier) -> list[Deadline]:
    """The notification's clock on the dossier's page, in the list of dossiers, and for reminders and calendars."""
    dossier = Dossier.objects.get(pk=dossier.pk)
    page = build_report(loading.load_dossier_data(dossier), NOW)
    [(_, data)] = loading.load_every_dossier_data(Dossier.objects.filter(pk=dossier.pk))
    [reminder] = loading.clocks_of(dossier, NOW, [CNIL])
    return [page.clock, page.clocks[0], build_report(data, NOW).clock, reminder]


def on_the_board(now: datetime) -> dict[str, QuerySet[Dossier]]:
    mine = board.choose_dossiers(Viewer(user=User.objects.get()), board.Choice())
    return {name: mine.filter(condition) for name, condition in board.make_conditions(now).items()}


@pytest.mark.usefixtures("changed_law")
@pytest.mark.parametrize("filed", [False, True], ids=["to file", "filed"])
@pytest.mark.parametrize("answers", UNDER_BOTH.values(), ids=UNDER_BOTH)
def test_a_clock_is_the_same_everywhere(dossier: Dossier, answers: dict[str, str], filed: bool) -> None:
    Tab(dossier).type(**answers)
    if filed:
        file(dossier, filed_at=NOW, now=NOW)
    one, *others = clock_everywhere(dossier)
    assert others == [one] * 3
    report = build_report(loading.load_dossier_data(Dossier.objects.get()), NOW)
    assert Dossier.objects.get().alarm_at == one.alarm_at
    for name, (_, keeps) in listing.FILTERS.items():
        assert on_the_board(NOW)[name].exists() == keeps(report), name


@pytest.mark.usefixtures("changed_law")
def test_terms_are_those_of_the_day_on_which_the_delay_starts(dossier: Dossier) -> None:
    Tab(dossier).type(aware_at=AWARE)
    assert clock_everywhere(dossier)[0].due_at == datetime(2025, 11, 15, 17, 7, tzinfo=UTC)
    Tab(dossier).type(aware_at=LATER)
    assert clock_everywhere(dossier)[0].due_at == datetime(2025, 11, 18, 17, 7, tzinfo=UTC)


@pytest.mark.usefixtures("changed_law")
def test_a_calendar_is_told_of_an_end_that_is_gone_as_it_last_was(dossier: Dossier) -> None:
    Tab(dossier).type(aware_at=LATER)
    [before] = loading.clocks_of(Dossier.objects.get(), NOW, [CNIL])
    Tab(dossier).send({"aware_at": {"state": "cleared", "origin": "practice", "reviewed": False}})
    now_without = loading.clocks_of(Dossier.objects.get(), NOW)
    [gone] = [clock for clock in feeds.gone(Dossier.objects.get(), now_without, NOW) if clock.obligation.key == CNIL]
    assert gone.due_at == before.due_at


def test_a_change_of_the_duties_is_derived_into_the_dossiers_that_are_here(
    dossier: Dossier, request: pytest.FixtureRequest
) -> None:
    Tab(dossier).type(aware_at=LATER)
    before = Dossier.objects.get().alarm_at
    request.getfixturevalue("changed_law")
    assert saving.derive_all_columns(timezone.now()) == 1
    assert Dossier.objects.get().alarm_at == before + timedelta(hours=24)
    assert saving.derive_all_columns(timezone.now()) == 0
