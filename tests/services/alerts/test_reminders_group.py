"""One mail for the group, not six: what leaves together stays together, is sent once, and is lost by no fault."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from notifications.models import Dossier, Filing, Outgoing, Subscription
from notifications.services.alerts import addresses, reminders, watch
from notifications.services.mail import limits, outbox, post
from tests.mailing import AWARE, BEFORE, END, HOUR, at, fill, known, share
from tests.services.alerts.test_reminders import file, plain, states, tick

ONE = "gestion@msp.example"
END_LINK = re.compile(r"http://127\.0\.0\.1:8000(/rappels/fin/\S+)")
pytestmark = pytest.mark.usefixtures("seeds_loaded")


def grouped(count, *, email=ONE):
    """Dossiers of one group whose reminders go to one address."""
    found = fill(count)
    share(found, email)
    for number, dossier in enumerate(found):
        Dossier.objects.filter(pk=dossier.pk).update(organisation_name=f"Cabinet {number}")
    return found


class Crash(BaseException):
    """As kill -9: nothing after it runs."""


@pytest.fixture
def crash(monkeypatch):
    """crash(place) stops the sender once, before or after the next mail leaves."""
    send = post.Post.send

    def set_up(place):
        def once(self, mail):
            monkeypatch.setattr(post.Post, "send", send)
            if place == "after":
                send(self, mail)
            raise Crash

        monkeypatch.setattr(post.Post, "send", once)

    return set_up


@pytest.fixture
def answers(monkeypatch):
    """The next mails are answered by these faults, one after the other."""
    send, faults = post.Post.send, []

    def answer(self, mail):
        if faults:
            raise faults.pop(0)
        send(self, mail)

    monkeypatch.setattr(post.Post, "send", answer)
    return faults


def ids(mails):
    return [mail.extra_headers["Message-ID"] for mail in mails]


def told(mail):
    return sorted(set(re.findall(r"Cabinet (\d)", mail.body)))


# -- one mail -------------------------------------------------------------------------------------------


def test_six_dossiers_of_a_group_make_one_mail_that_names_each_end(mailoutbox):
    first, *_ = grouped(6)
    Dossier.objects.filter(pk=first.pk).update(timezone="Indian/Reunion")
    assert tick(BEFORE) == 1
    [mail] = mailoutbox
    assert mail.to == [ONE]
    assert mail.subject == "Des délais de notification à la CNIL se terminent bientôt (6 dossiers)"
    both = [plain(mail.body), plain(mail.alternatives[0].content)]
    for text in both:
        assert text.count("samedi 15 novembre 2025 à 10 h 42 (heure de Paris)") == 5
        assert text.count("samedi 15 novembre 2025 à 13 h 42 (heure de La Réunion)") == 1
        assert [text.count(f"Cabinet {n}") for n in range(6)] == [1] * 6
        for dossier in Dossier.objects.all():
            assert f"/dossiers/{dossier.public_id}/" in text
        assert not [fact for fact in ("Weda", "WEDA", "CANARI") if fact in text + mail.subject]
    assert states() == [("before_24h", "sent", "")] * 6
    assert tick(BEFORE + HOUR) == 0


def test_from_the_start_to_the_end_each_dossier_is_told_as_if_it_were_alone(mailoutbox):
    alone = fill(1)[0]
    grouped(3)
    for hours in (0, 0.2, 24, 48, 60, 66, 70, 71, 73, 97, 121):
        tick(AWARE + HOUR * hours)
    kinds = Outgoing.objects.filter(state="sent").values_list("dossier", "kind")
    by_dossier = {pk: sorted(kind for dossier, kind in kinds if dossier == pk) for pk, _ in kinds}
    assert len(by_dossier) == 4
    assert {tuple(each) for each in by_dossier.values()} == {tuple(by_dossier[alone.pk])}
    assert len([mail for mail in mailoutbox if mail.to == [ONE]]) == len(by_dossier[alone.pk])
    assert len(set(ids(mailoutbox))) == len(mailoutbox)


def test_only_the_same_reminder_for_the_same_address_of_the_same_group_is_shared(mailoutbox):
    other, stopped, sooner, *_ = grouped(6)
    grouped(2)  # of another group
    fill(1, domain="x.example")
    Subscription.objects.filter(dossier=other).update(email="ana@msp.example")
    Subscription.objects.filter(dossier=stopped).update(ended_at=AWARE)
    Dossier.objects.filter(pk=sooner.pk).update(answers=sooner.answers | {"aware_at": known(AWARE - 15 * HOUR)})
    assert tick(BEFORE) == 5
    assert sorted((mail.to[0], len(told(mail))) for mail in mailoutbox) == [
        ("ana@msp.example", 1),
        ("cabinet0@x.example", 0),
        (ONE, 1),
        (ONE, 2),
        (ONE, 3),
    ]


# -- faults ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["before", "after"])
def test_killed_around_the_sending_the_same_mail_leaves_again(mailoutbox, crash, place):
    grouped(4)
    crash(place)
    with pytest.raises(Crash):
        tick(BEFORE)
    sent = len(mailoutbox)
    assert tick(BEFORE + outbox.LEASE / 2) == 0  # still leased
    assert tick(BEFORE + outbox.LEASE) == 1
    assert [told(mail) for mail in mailoutbox] == [["0", "1", "2", "3"]] * (sent + 1)
    assert len(set(ids(mailoutbox))) == 1
    assert {state for _, state, _ in states()} == {"sent"}


def test_killed_between_the_claim_and_the_rest_loses_nothing(mailoutbox, monkeypatch):
    grouped(3)
    bind = outbox._make_bundle

    def stop(first, now):
        monkeypatch.setattr(outbox, "_make_bundle", bind)
        raise Crash

    monkeypatch.setattr(outbox, "_make_bundle", stop)
    with pytest.raises(Crash):
        tick(BEFORE)
    tick(BEFORE + HOUR / 60)
    tick(BEFORE + outbox.LEASE)
    assert sorted(each for mail in mailoutbox for each in told(mail)) == ["0", "1", "2"]
    assert {state for _, state, _ in states()} == {"sent"}


def test_what_falls_due_between_two_tries_leaves_by_itself(mailoutbox, crash):
    late, *_ = grouped(3)
    Dossier.objects.filter(pk=late.pk).update(answers=late.answers | {"aware_at": known(AWARE + 5 * HOUR)})
    crash("after")
    with pytest.raises(Crash):
        tick(BEFORE)
    assert tick(BEFORE + 2 * HOUR) == 2
    assert [told(mail) for mail in mailoutbox] == [["1", "2"], ["1", "2"], ["0"]]
    assert ids(mailoutbox)[0] == ids(mailoutbox)[1] != ids(mailoutbox)[2]


def test_two_senders_never_share_a_mail(mailoutbox):
    grouped(4)
    watch.put_due(BEFORE)
    first = outbox.claim_next(BEFORE)
    assert len(outbox.list_bundle(first)) == 4
    assert outbox.claim_next(BEFORE) is None
    again = outbox.claim_next(BEFORE + outbox.LEASE)
    assert (again.bundle, len(outbox.list_bundle(again))) == (first.bundle, 4)
    assert outbox.list_bundle(first) == []  # its lease is over
    outbox.mark_sent(first, BEFORE)
    assert {state for _, state, _ in states()} == {"waiting"}
    outbox.mark_sent(again, BEFORE)
    assert {state for _, state, _ in states()} == {"sent"}


def test_what_is_no_longer_true_is_left_out_of_the_second_try(mailoutbox, answers):
    filed, stopped, moved, *_ = grouped(5)
    answers.append(post.Trouble(everybody=False))
    assert tick(BEFORE) == 0
    file(filed, BEFORE, kind="complete")
    Subscription.objects.filter(dossier=stopped).update(ended_at=BEFORE)
    Subscription.objects.filter(dossier=moved).update(email="ana@msp.example")
    assert tick(BEFORE + HOUR) == 2
    assert sorted((mail.to[0], told(mail)) for mail in mailoutbox) == [("ana@msp.example", ["2"]), (ONE, ["3", "4"])]
    dropped = Outgoing.objects.filter(state="dropped").values_list("dossier", "reason")
    assert dict(dropped) == {filed.pk: "dépôt consigné", stopped.pk: "rappels arrêtés"}


def test_a_refusal_puts_all_off_and_is_believed_of_all(mailoutbox, answers):
    grouped(3)
    answers += [post.Refused()] * 20
    for minutes in range(0, 200, 21):
        assert tick(BEFORE + timedelta(minutes=minutes)) == 0
    assert states() == [("before_24h", "dropped", "adresse refusée")] * 3
    assert len(answers) == 10  # one try for all of them each time


def test_a_lost_answer_repeats_the_same_mail_some_times(mailoutbox, answers):
    grouped(3)
    answers += [post.Unanswered()] * 9
    for minutes in range(0, 200, 10):
        tick(BEFORE + timedelta(minutes=minutes))
    assert states() == [("before_24h", "sent", "remise incertaine")] * 3
    assert len(answers) == 6


def test_a_dossier_that_cannot_be_read_holds_the_others_back_neither_now_nor_later(mailoutbox):
    broken, *_ = grouped(4)
    watch.put_due(BEFORE)
    Dossier.objects.filter(pk=broken.pk).update(questionnaire="nulle-part")
    assert tick(BEFORE) == 1
    assert told(mailoutbox[0]) == ["1", "2", "3"]
    Dossier.objects.filter(pk=broken.pk).update(questionnaire="cnil-2023-07")
    assert tick(BEFORE + HOUR) == 1
    assert plain(mailoutbox[1].subject).startswith("Rappel : notification")


def test_a_mail_that_cannot_be_written_is_tried_dossier_by_dossier(mailoutbox):
    grouped(3, email="x\r\ny@y.example")  # no mail can carry it
    assert tick(BEFORE) == 0
    assert states() == [("before_24h", "waiting", "message impossible à composer")] * 3
    Subscription.objects.update(email=ONE)
    assert tick(BEFORE + HOUR) == 3


def test_a_filing_that_is_cancelled_brings_its_dossier_s_reminder_back(mailoutbox):
    filed, *_ = grouped(3)
    watch.put_due(BEFORE)
    record = file(filed, BEFORE, kind="complete")
    assert tick(BEFORE) == 1
    Filing.objects.filter(pk=record.pk).update(cancelled_at=BEFORE)
    assert tick(BEFORE + HOUR) == 1
    assert [told(mail) for mail in mailoutbox] == [["1", "2"], ["0"]]
    assert len(set(ids(mailoutbox))) == 2


# -- asked for, confirmed and ended together ------------------------------------------------------------


def test_one_click_ends_what_the_mail_told_of(mailoutbox):
    other, *_ = grouped(4)
    Subscription.objects.filter(dossier=other).update(email="ana@msp.example")
    tick(BEFORE)
    [mail] = [each for each in mailoutbox if each.to == [ONE]]
    path = END_LINK.search(mail.body)[1]
    assert mail.extra_headers["List-Unsubscribe"].endswith(f"{path}>")
    assert "ces 3 dossiers" in plain(Client().get(path).content.decode())
    assert Client().post(path).status_code == 200
    assert list(Subscription.objects.filter(ended_at=None).values_list("dossier", flat=True)) == [other.pk]
    assert tick(END - 5 * HOUR) == 1
    assert Client().get(path.replace("/fin/", "/fin/x")).status_code == 404


def test_one_request_to_confirm_is_good_for_all_that_have_no_address_yet(mailoutbox):
    dossiers = grouped(4)
    has_one, had_one, *_ = dossiers
    Subscription.objects.exclude(dossier__in=[has_one, had_one]).delete()
    Subscription.objects.filter(dossier=has_one).update(email="ana@msp.example")
    Subscription.objects.filter(dossier=had_one).update(ended_at=AWARE)
    addresses.ask_address_for_all(dossiers=dossiers, email=ONE, by="compte 1", now=AWARE)
    with pytest.raises(limits.TooOften):
        addresses.ask_address_for_all(dossiers=dossiers, email=ONE, by="compte 1", now=AWARE + HOUR / 2)
    reminders.run_round(clock=at(AWARE))
    [asked] = [mail for mail in mailoutbox if mail.to == [ONE]]
    assert "de 3 dossiers" in asked.body
    first, *_ = waiting = list(Subscription.objects.filter(confirmed_at=None).order_by("pk"))
    assert addresses.list_asked_together(first) == waiting
    assert addresses.confirm_address(token=addresses.make_confirm_token(first), now=timezone.now())
    assert addresses.list_reminded(dossiers) == (["ana@msp.example", ONE, ONE, ONE], [])
    assert {dossier.journal.order_by("-number").first().event for dossier in dossiers[1:]} == {"address_confirmed"}
    assert not has_one.journal.filter(event__startswith="address").exists()


def test_a_link_that_one_dossier_asked_for_confirms_no_other(weda_dossier):
    dossiers = grouped(2)
    Subscription.objects.all().delete()
    for dossier, minutes in zip(dossiers, (0, 61), strict=True):
        addresses.ask_address(dossier=dossier, email=ONE, by="compte 1", now=AWARE + timedelta(minutes=minutes))
    subscription = Subscription.objects.get(dossier=dossiers[0])
    assert addresses.list_asked_together(subscription) == [subscription]
