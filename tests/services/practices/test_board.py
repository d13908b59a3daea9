"""The board's order and filters, which the database works out, are those of the list, which reads every dossier."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from notifications.models import Dossier, User, Viewer
from notifications.report import build_report, listing
from notifications.services.dossiers import filings, loading, saving
from notifications.services.practices import board
from tests.dossiers import answered
from tests.stored import Tab, file

START = datetime(2025, 11, 12, 8, 0, tzinfo=UTC)
MOMENTS = [None, "2025-11-12", "2025-11-10T18:07:00+01:00", "2025-11-12T18:07:00+01:00", "2025-11-12T21:07:00+04:00"]
DECISIONS = [None, None, "notify", "not_notify", "other_reading", "undecided"]
FILINGS = [(), (), ("initial",), ("complete",), ("complementary",), ("initial", "complementary"),
           ("complementary", "initial"), ("initial", "initial"), ("initial", "complete")]  # fmt: skip


@pytest.fixture
def user(db):
    return User.objects.create(email="gestion@example.org")


def chance(seeded: random.Random, user: User) -> Dossier:
    """A dossier of this account in any state that its clock may have."""
    made = START + timedelta(minutes=seeded.randrange(5))
    dossier = saving.start_dossier(
        revision=None, timezone=seeded.choice(["Europe/Paris", "Pacific/Tahiti"]), by="x", now=made, answers={}
    )
    Dossier.objects.filter(pk=dossier.pk).update(owner=user)
    said = {"aware_at": MOMENTS, "informed_by_processor_at": MOMENTS, "decision": DECISIONS}
    values = {key: seeded.choice(each) for key, each in said.items()}
    Tab(dossier).send({key: answered(key, value) for key, value in values.items() if value})
    for kind in seeded.choice(FILINGS):
        file(dossier, kind=kind, filed_at=START + timedelta(hours=seeded.randrange(3)))
    if seeded.random() < 0.2:
        filings.cancel(dossier=dossier, number=1, reason="x", by="x", now=START)
    return dossier


def by_the_list(user, now):
    """By filter, the dossiers of an account as its list has them: every one is read."""
    found = loading.load_every_dossier_data(Dossier.objects.filter(owner=user).order_by("-created_at", "-pk"))
    reports = [(dossier.pk, build_report(data, now)) for dossier, data in found]
    reports.sort(key=lambda pair: listing.sort_by_time_left(pair[1]))
    return {name: [pk for pk, report in reports if kept(report)] for name, (_, kept) in listing.FILTERS.items()}


def by_the_board(user, now):
    found = board.choose_dossiers(Viewer(user=user), board.Choice())
    kept = {name: board.order_by_time_left(found.filter(each)) for name, each in board.make_conditions(now).items()}
    return {name: list(each.values_list("pk", flat=True)) for name, each in kept.items()}


def test_order_and_filters_are_those_of_the_list(user, seeded):
    for _ in range(40):
        chance(seeded, user)
    for hours in (0, 55, 71, 200):
        now = START + timedelta(hours=hours, minutes=seeded.randrange(60))
        expected = by_the_list(user, now)
        assert by_the_board(user, now) == expected
        told = board.count_by_filter(board.choose_dossiers(Viewer(user=user), board.Choice()), now)
        assert told == {name: len(pks) for name, pks in expected.items()}


@pytest.mark.parametrize("left", [timedelta(hours=24), timedelta(hours=6), timedelta(0)])
def test_the_very_second_at_which_a_state_changes(user, left):
    dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="x", now=START, answers={})
    Dossier.objects.filter(pk=dossier.pk).update(owner=user)
    Tab(dossier).type(aware_at="2025-11-12T18:07:00+01:00")
    end = datetime.fromisoformat("2025-11-15T18:07:00+01:00")
    for second in (-1, 0, 1):
        now = end - left + timedelta(seconds=second)
        assert by_the_board(user, now) == by_the_list(user, now)


def test_an_awareness_changed_after_the_filing_leaves_a_dossier_where_the_filing_froze_it(user):
    both = []
    for moment in ("2025-11-12T18:07:00+01:00", "2025-11-13T18:07:00+01:00"):
        dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="x", now=START, answers={})
        Dossier.objects.filter(pk=dossier.pk).update(owner=user)
        Tab(dossier).type(aware_at=moment)
        file(dossier, kind="complete", filed_at=START)
        both.append(dossier.pk)
    Tab(Dossier.objects.get(pk=both[0])).type(aware_at="2025-11-14T18:07:00+01:00")
    assert by_the_board(user, START)[""] == by_the_list(user, START)[""] == both


@pytest.mark.parametrize("words", ["evreux", "ÉVREUX", "  dr   hélène ", "helene d'évreux", "Hélène"])
def test_a_name_is_found_however_it_is_typed(user, words):
    for name in ("Cabinet du Dr Hélène d’Évreux", "Cabinet du Dr Paul"):
        dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="x", now=START, answers={})
        Dossier.objects.filter(pk=dossier.pk).update(owner=user)
        Tab(dossier).type(organisation_name=name)
    found = board.choose_dossiers(Viewer(user=user), board.Choice(words=words))
    assert [each.organisation_name for each in found] == ["Cabinet du Dr Hélène d’Évreux"]
