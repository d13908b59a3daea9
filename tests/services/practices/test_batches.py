"""A batch is made to its end, whatever happens to a dossier, to the worker, or to the database."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from notifications import tasks
from notifications.models import Batch, BatchItem, Dossier
from notifications.services.dossiers import saving
from notifications.services.keeping import erasure
from notifications.services.practices import batches
from tests.batching import files_of, work
from tests.dossiers import NOW
from tests.world import account

pytestmark = pytest.mark.django_db


@pytest.fixture
def small(monkeypatch):
    """Files as quick to make as a dossier is to read: none of these tests is about pages."""
    made = {kind: lambda dossier, now: iter([("nom.txt", dossier.title.encode())]) for kind in Batch.Kind}
    monkeypatch.setattr(tasks, "FILES", made)


def begin(user, number, now=NOW):
    made = [saving.start_dossier(revision=None, timezone="Europe/Paris", by="test", now=NOW) for _ in range(number)]
    return batches.begin(user=user, kind=Batch.Kind.DRAFTS, dossiers=made, now=now)


def states(batch):
    items = batch.items.order_by("number")
    return [item.fault or ("made" if item.content else "waiting") for item in items]


def test_one_dossier_at_a_time_so_that_batches_take_turns(small):
    user = account("dr-martin")
    first, second = begin(user, 3), begin(user, 2)
    work(dossiers=2)
    assert states(first) == ["made", "waiting", "waiting"]
    assert states(second) == ["made", "waiting"]
    work()
    assert {*states(first), *states(second)} == {"made"}
    assert not batches.is_running(first)


def test_a_dossier_that_cannot_be_printed_is_named_and_tried_again_on_request():
    batch = begin(account("dr-martin"), 2)
    broken = batch.items.get(number=1).dossier
    Dossier.objects.filter(pk=broken.pk).update(questionnaire="disparu")
    work()
    assert states(batch) == [batches.BROKEN, "made"]
    Dossier.objects.filter(pk=broken.pk).update(questionnaire=broken.questionnaire)
    batches.retry(batch=batch)
    work()
    assert states(batch) == ["made", "made"]


def let_leases_end():
    BatchItem.objects.filter(leased_until__gt=Now()).update(leased_until=Now())


def test_a_dossier_at_which_workers_die_is_given_up_and_the_others_are_made(small):
    batch = begin(account("dr-martin"), 3)
    for _ in range(batches.TRIES):
        assert batches.claim_item().number == 1  # and nothing more comes of it
        let_leases_end()
    assert states(batch) == ["waiting"] * 3
    work()
    assert states(batch) == [batches.GIVEN_UP, "made", "made"]
    batches.retry(batch=batch)
    work()
    assert states(batch) == ["made"] * 3


def test_a_busy_database_is_no_fault_of_the_dossier(small, monkeypatch):
    batch = begin(account("dr-martin"), 1)

    def refuse(dossier, now):
        raise OperationalError("database is locked")

    with monkeypatch.context() as busy:
        busy.setattr(tasks, "FILES", {Batch.Kind.DRAFTS: refuse})
        with pytest.raises(OperationalError):
            work()
    work()
    assert states(batch) == ["waiting"]  # not again at once
    let_leases_end()
    work()
    assert states(batch) == ["made"]


def test_what_a_worker_is_making_no_other_takes_and_the_batch_goes_on(small):
    batch = begin(account("dr-martin"), 3)
    item = batches.claim_item()
    work()
    assert states(batch) == ["waiting", "made", "made"]
    batches.settle(item=item, content=b"first")
    assert states(batch) == ["made"] * 3


def test_what_is_made_twice_is_kept_once(small):
    batch = begin(account("dr-martin"), 2)
    slow = batches.claim_item()
    let_leases_end()
    work()
    batches.settle(item=slow, content=b"second")
    for item in batch.items.all():
        assert files_of(item) == {"nom.txt": item.dossier.title.encode()}


def test_a_lease_of_a_clock_that_ran_ahead_does_not_count(small):
    batch = begin(account("dr-martin"), 1)
    batch.items.update(tries=1, leased_until=Now() + 2 * batches.LEASE)
    work()
    assert states(batch) == ["made"]


def test_what_is_erased_meanwhile_holds_nothing_up(small):
    user = account("dr-martin")
    batch, gone = begin(user, 3), begin(user, 2)
    item = batches.claim_item()
    erasure.erase_dossier(dossier=item.dossier, by="test", now=NOW)
    batches.settle(item=item, content=b"")  # it was being made
    gone.delete()
    work()
    assert states(batch) == ["made", "made"]


def test_batches_go_after_a_day_and_the_oldest_make_room(small):
    user = account("dr-martin")
    made = [begin(user, 1, NOW + timedelta(hours=hour)) for hour in range(batches.MOST_BATCHES + 1)]
    other = begin(account("dr-durand"), 1)
    assert set(Batch.objects.filter(user=user)) == set(made[1:])
    assert batches.forget_old(NOW + batches.KEPT) == 0
    assert batches.forget_old(NOW + batches.KEPT + timedelta(hours=1, minutes=30)) == 2
    assert set(Batch.objects.all()) == set(made[2:])
    assert not Batch.objects.filter(pk=other.pk).exists()
