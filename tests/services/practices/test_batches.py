"""A batch is made to its end, whatever happens to a dossier, to the worker, or to the queue."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import tasks
from notifications.models import Batch, Dossier
from notifications.services.dossiers import saving
from notifications.services.keeping import erasure
from notifications.services.operations import jobs
from notifications.services.practices import batches
from tests.batching import files_of, queue, work  # noqa: F401 - a fixture
from tests.dossiers import NOW
from tests.world import account

pytestmark = pytest.mark.usefixtures("queue")


@pytest.fixture
def small(monkeypatch):
    """Files as quick to make as a dossier is to read: none of these tests is about pages."""
    made = {kind: lambda dossier, now: iter([("nom.txt", dossier.title.encode())]) for kind in Batch.Kind}
    monkeypatch.setattr(tasks, "FILES", made)


def begin(user, number, now=NOW):
    made = [saving.start(revision=None, timezone="Europe/Paris", by="test", now=NOW) for _ in range(number)]
    batch = batches.begin(user=user, kind=Batch.Kind.DRAFTS, dossiers=made, now=now)
    tasks.make_next.enqueue(batch.pk)
    return batch


def states(batch):
    items = batch.items.order_by("number")
    return [item.fault or ("made" if item.content else "waiting") for item in items]


def test_one_dossier_at_a_time_so_that_batches_take_turns(small, tmp_path):
    user = account("dr-martin")
    first, second = begin(user, 3), begin(user, 2)
    work(tmp_path, tasks=2)
    assert states(first) == ["made", "waiting", "waiting"]
    assert states(second) == ["made", "waiting"]
    work(tmp_path)
    assert {*states(first), *states(second)} == {"made"}
    assert not batches.unfinished()


def test_a_dossier_that_cannot_be_printed_is_named_and_tried_again_on_request(tmp_path):
    batch = begin(account("dr-martin"), 2)
    broken = batch.items.get(number=1).dossier
    Dossier.objects.filter(pk=broken.pk).update(questionnaire="disparu")
    work(tmp_path)
    assert states(batch) == [batches.BROKEN, "made"]
    Dossier.objects.filter(pk=broken.pk).update(questionnaire=broken.questionnaire)
    assert batches.retry(batch=batch)
    tasks.make_next.enqueue(batch.pk)
    work(tmp_path)
    assert states(batch) == ["made", "made"]
    assert not batches.retry(batch=batch)


def test_a_dossier_at_which_workers_die_is_given_up_and_the_others_are_made(small, tmp_path):
    batch = begin(account("dr-martin"), 3)
    for _ in range(jobs.TRIES):
        with jobs.worker(tmp_path) as name:
            assert jobs._claim(name)
        tasks.go_on()  # nothing yet: the task is still to be tried again
        assert states(batch) == ["waiting"] * 3
        assert jobs.look_after(folder=tmp_path, now=timezone.now()) == 1
    tasks.go_on()
    work(tmp_path)
    assert states(batch) == [batches.GIVEN_UP, "made", "made"]


def test_a_task_that_runs_twice_makes_nothing_twice(small, tmp_path):
    batch = begin(account("dr-martin"), 3)
    for _ in range(2):
        tasks.make_next.enqueue(batch.pk)
    item = batches.next_item(batch.pk)
    assert batches.settle(item=item, content=b"first")
    assert not batches.settle(item=item, content=b"second")
    work(tmp_path)
    item.refresh_from_db()
    assert bytes(item.content) == b"first"
    assert states(batch) == ["made"] * 3
    for made in batch.items.filter(number__gt=1):
        assert files_of(made) == {"nom.txt": made.dossier.title.encode()}


def test_what_is_erased_meanwhile_holds_nothing_up(small, tmp_path):
    user = account("dr-martin")
    batch, gone = begin(user, 3), begin(user, 2)
    item = batches.next_item(batch.pk)
    erasure.erase(dossier=item.dossier, by="test", now=NOW)
    assert batches.settle(item=item, content=b"")  # it was being made
    gone.delete()
    work(tmp_path)
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
