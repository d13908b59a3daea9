"""The outbox: what is due is sent once, what is no longer true is not sent, one bad dossier holds nobody back."""

import email
import re
from datetime import timedelta
from email.policy import default

import pytest
import time_machine
from django.utils import timezone

from notifications.models import Dossier, Filing, Heartbeat, Outgoing, Subscription
from notifications.report import build_report
from notifications.services import journal
from notifications.services.alerts import addresses, reminders, watch
from notifications.services.dossiers import loading, saving
from notifications.services.keeping import erasure
from notifications.services.mail import limits, outbox
from tests.mailing import AWARE, BEFORE, END, HOUR, at, fill, known
from tests.stored import everything

DAY = timedelta(days=1)
pytestmark = pytest.mark.usefixtures("seeds_loaded")


def tick(now):
    return reminders.run_round(clock=at(now))


def states():
    return sorted(Outgoing.objects.values_list("kind", "state", "reason"))


def subjects(mails):
    return [mail.subject.replace("\u00a0", " ").replace("\u202f", " ") for mail in mails]


def plain(text):
    return re.sub(r"\s+", " ", text)


def file(dossier, now, kind="initial"):
    """As a recorded filing, for what reminders read of it."""
    return Filing.objects.create(
        dossier=dossier, number=dossier.filings.count() + 1, kind=kind, filed_at=now, recorded_at=now, by="appareil 1",
        content={"answers": {}, "deadlines": []}, digest="0" * 64,
    )  # fmt: skip


# -- from the start to the end --------------------------------------------------------------------------


def test_each_reminder_goes_out_once_at_its_hour(mailoutbox):
    fill(1)
    for hours in (0, 0.2, 24, 47.9, 48, 60, 66, 70, 71, 72, 73, 90, 97, 121, 145, 200):
        tick(AWARE + HOUR * hours)
    assert [kind for kind, *_ in states()] == sorted(
        ["start", "before_24h", "before_6h", "before_1h", "overdue_1", "overdue_2", "overdue_3"]
    )
    said = subjects(mailoutbox)
    end = "le samedi 15 novembre 2025 à 10 h 42 (heure de Paris)"
    assert said[0] == f"Vos rappels : notification à la CNIL avant {end}"
    assert said[1:4] == [f"Rappel : notification à la CNIL avant {end}"] * 3
    assert said[4:] == [f"Délai de notification à la CNIL terminé {end}"] * 3
    left = [re.search(r"(Il reste|terminé depuis) ([\d\w ]+?)[,.]", plain(mail.body))[2] for mail in mailoutbox]
    assert left[0] == "2 jours et 23 heures"
    assert left[1:4] == ["1 jour", "6 heures", "1 heure"]


def test_a_mail_says_nothing_of_the_incident(mailoutbox):
    [dossier] = fill(1, description={"state": "known", "value": [{"text": "CANARI", "origin": "practice"}]})
    Dossier.objects.filter(pk=dossier.pk).update(organisation_name="Cabinet\r\nBcc: x@y.example <b>des Lilas</b>")
    tick(BEFORE)
    [mail] = mailoutbox
    both = [mail.body, mail.alternatives[0].content]
    for fact in ("Weda", "WEDA", "CANARI", "Cabinet à nommer"):
        assert not [part for part in [mail.subject, *both] if fact in part]
    assert "Dossier : Cabinet Bcc: x@y.example" in plain(mail.body)
    assert "<b>" not in both[1]
    assert f"http://127.0.0.1:8000/dossiers/{dossier.public_id}/" in both[0]
    assert mail.recipients() == ["cabinet0@cabinet.example"]
    assert mail.extra_headers["Message-ID"] == f"<{Outgoing.objects.get().key}@localhost>"
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.extra_headers["List-Unsubscribe"].strip("<>") in both[0]
    assert "\u00a0:" in both[0]


def test_the_light_reading_agrees_with_the_dossier_s_page():
    given = {"informed_by_processor_at": known(AWARE - 9 * HOUR), "attack_known_at": known(AWARE - DAY)}
    for dossier in (fill(1)[0], fill(1, **given)[0]):
        for now in (AWARE, BEFORE, END + HOUR):
            assert loading.clocks_of(dossier, now) == list(build_report(loading.load_dossier_data(dossier), now).clocks)


def test_where_two_readings_differ_the_mail_says_both(mailoutbox):
    fill(1, informed_by_processor_at=known(AWARE - 10 * HOUR))
    tick(END - 12 * HOUR)
    tick(END - 9 * HOUR)
    first, second = (plain(mail.body) for mail in mailoutbox)
    assert "Échéance : samedi 15 novembre 2025 à 0 h 42" in first
    assert "Il reste 2 heures, nuits" in first
    assert "selon la date que vous avez retenue, il se termine le samedi 15 novembre 2025 à 10 h 42" in first
    assert "Échéance : samedi 15 novembre 2025 à 10 h 42" in second
    assert "ce délai s'est déjà terminé le samedi 15 novembre 2025 à 0 h 42" in second


def test_an_unconfirmed_or_ended_address_gets_nothing(mailoutbox):
    fill(3)
    one, two, _ = Subscription.objects.order_by("pk")
    Subscription.objects.filter(pk=one.pk).update(confirmed_at=None)
    Subscription.objects.filter(pk=two.pk).update(ended_at=AWARE)
    assert tick(BEFORE) == 1
    assert [mail.to for mail in mailoutbox] == [["cabinet2@cabinet.example"]]


# -- what changes between planning and sending ----------------------------------------------------------


def test_two_days_without_running_send_the_one_that_is_true_now(mailoutbox):
    fill(2)
    assert tick(BEFORE) == 2
    assert tick(END + 26 * HOUR) == 2
    assert {row[0] for row in states()} == {"before_24h", "overdue_2"}


def test_what_waits_in_the_outbox_is_dropped_with_its_reason(mailoutbox):
    moved, filed, decided, ended, unconfirmed, stale = fill(6)
    watch.put_due(BEFORE)
    soon = BEFORE + HOUR / 2
    Dossier.objects.filter(pk=moved.pk).update(answers=moved.answers | {"aware_at": known(AWARE - 3 * HOUR)})
    file(filed, soon, kind="complete")
    decision = known() | {"value": "not_notify"}
    Dossier.objects.filter(pk=decided.pk).update(answers=decided.answers | {"decision": decision})
    Subscription.objects.filter(dossier=ended).update(ended_at=soon)
    Subscription.objects.filter(dossier=unconfirmed).update(confirmed_at=None)
    late = Outgoing.objects.filter(dossier=stale)
    late.update(kind="start", key=outbox.key_of(stale, "start", END))
    assert tick(soon) == 2
    reasons = dict(Outgoing.objects.filter(state="dropped").values_list("dossier_id", "reason"))
    assert reasons == {
        moved.pk: "échéance déplacée",
        filed.pk: "dépôt consigné",
        decided.pk: "délai arrêté par votre décision",
        ended.pk: "rappels arrêtés",
        unconfirmed.pk: "adresse non confirmée",
        stale.pk: "remplacé",
    }
    assert {mail.to[0] for mail in mailoutbox} == {"cabinet0@cabinet.example", "cabinet5@cabinet.example"}


def test_a_filing_that_is_cancelled_brings_its_reminder_back(mailoutbox):
    [dossier] = fill(1)
    watch.put_due(BEFORE)
    filed = file(dossier, BEFORE, kind="complete")
    assert tick(BEFORE) == 0
    Filing.objects.filter(pk=filed.pk).update(cancelled_at=BEFORE)
    assert tick(BEFORE + HOUR) == 1
    assert states() == [("before_24h", "sent", "")]


def test_a_deadline_corrected_at_once_makes_one_mail(mailoutbox):
    [dossier] = fill(1)
    assert tick(AWARE) == 0
    Dossier.objects.filter(pk=dossier.pk).update(answers=dossier.answers | {"aware_at": known(AWARE - 3 * HOUR)})
    assert tick(AWARE + timedelta(minutes=2)) == 0
    assert tick(AWARE + timedelta(minutes=8)) == 1
    assert "7 h 42" in mailoutbox[0].subject
    assert states() == [("start", "dropped", "échéance déplacée"), ("start", "sent", "")]


def test_a_clock_that_is_set_forward_and_back_loses_and_doubles_nothing(mailoutbox):
    fill(1)
    assert [tick(BEFORE + step) for step in (-HOUR, DAY, -HOUR, DAY, HOUR)] == [1, 1, 0, 0, 0]
    assert tick(END - 5 * HOUR) == 1


def test_a_decision_not_to_notify_leaves_one_look_back(mailoutbox):
    [dossier] = fill(1)
    entry = {"state": "known", "value": "not_notify", "origin": "practice", "reviewed": True}
    saving.save_answers(dossier=dossier, base=dossier.version, entries={"decision": entry}, by="appareil 1", now=AWARE)
    assert [tick(AWARE + DAY * n) for n in range(9)] == [0, 0, 1, 0, 0, 0, 0, 0, 0]
    assert subjects(mailoutbox) == ["Une décision à relire dans votre dossier"]
    assert "notifier" not in mailoutbox[0].body


# -- poison, leases, beats ------------------------------------------------------------------------------


def test_a_dossier_that_cannot_be_read_is_flagged_and_the_others_go_out(mailoutbox, caplog):
    broken, poisoned, *_ = fill(6)
    Dossier.objects.filter(pk=broken.pk).update(questionnaire="nulle-part")
    watch.put_due(BEFORE)
    Dossier.objects.filter(pk=poisoned.pk).update(questionnaire="nulle-part")
    assert tick(BEFORE) == 4
    events = [record.getMessage() for record in caplog.records]
    assert events.count("reminders.unreadable_dossier") == 3  # the broken one twice, the poisoned one once
    assert events.count("reminders.unreadable_message") == 1
    assert Outgoing.objects.get(dossier=poisoned).reason == "message impossible à composer"
    Dossier.objects.filter(pk__in=[broken.pk, poisoned.pk]).update(questionnaire="cnil-2023-07")
    assert tick(BEFORE + 2 * HOUR) == 2


def test_a_message_is_claimed_by_one_sender_until_its_lease_ends(mailoutbox):
    fill(2)
    watch.put_due(BEFORE)
    first, second = outbox.claim_next(BEFORE), outbox.claim_next(BEFORE)
    assert {first.pk, second.pk} == set(Outgoing.objects.values_list("pk", flat=True))
    assert outbox.claim_next(BEFORE + outbox.LEASE / 2) is None
    again = outbox.claim_next(BEFORE + outbox.LEASE)
    assert again.pk == first.pk
    outbox.drop(first, "par un autre", BEFORE)  # whose lease is over: it marks nothing
    assert Outgoing.objects.get(pk=again.pk).state == "waiting"


def test_a_quiet_tick_writes_its_beat_and_nothing_else(mailoutbox, django_assert_max_num_queries):
    fill(12)
    tick(BEFORE)
    before = everything()
    with django_assert_max_num_queries(15):  # three of them look for new revisions
        assert tick(BEFORE + HOUR) == 0
    after = everything()
    assert after.pop("Heartbeat") != before.pop("Heartbeat")
    assert after == before


def test_silence_is_noticed_after_a_quarter_of_an_hour(client):
    def health():
        response = client.get("/healthz")
        return response.status_code, response.json()["reminders"]

    assert health() == (200, True)  # nobody waits
    fill(1)
    assert health() == (503, False)  # somebody does, and nothing ever ran
    reminders.record_beat(timezone.now())
    assert health() == (200, True)
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert health() == (503, False)
        tick(timezone.now())
        assert health() == (200, True)
    assert Heartbeat.objects.count() == 1


def test_mails_become_files_where_no_server_was_named(settings, tmp_path):
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = (
        "notifications.services.mail.post.FileBackend",
        tmp_path / "m",
    )
    fill(2)
    assert tick(BEFORE) == 2
    files = sorted((tmp_path / "m").iterdir())
    assert [path.suffix for path in files] == [".eml", ".eml"]
    mail = email.message_from_bytes(files[0].read_bytes(), policy=default)
    assert mail["List-Unsubscribe"].strip().startswith("<http://127.0.0.1:8000/rappels/fin/")


# -- asking for an address ------------------------------------------------------------------------------


def give(dossier, email, now):
    return addresses.ask_address(dossier=dossier, email=email, by="appareil 1", now=now)


def test_asking_again_and_again_bombs_nobody(weda_dossier, mailoutbox):
    others = [Dossier.objects.create(questionnaire="cnil-2023-07", created_at=AWARE) for _ in range(4)]
    give(weda_dossier, "x@cabinet.example", AWARE)
    for address in ("x@cabinet.example", "X@CABINET.example"):
        with pytest.raises(limits.TooOften):
            give(weda_dossier, address, AWARE + HOUR / 2)
    give(weda_dossier, "y@cabinet.example", AWARE + HOUR / 2)
    give(weda_dossier, "x@cabinet.example", AWARE + HOUR)
    with pytest.raises(limits.TooOften):
        give(weda_dossier, "z@cabinet.example", AWARE + 3 * HOUR)
    give(others[0], "x@cabinet.example", AWARE + 3 * HOUR)
    with pytest.raises(limits.TooOften):  # from whatever dossier
        give(others[1], "x@cabinet.example", AWARE + 4 * HOUR)
    give(others[1], "x@cabinet.example", AWARE + 25 * HOUR)
    tick(AWARE + 25 * HOUR)
    assert [mail.to[0] for mail in mailoutbox] == ["x@cabinet.example"] * 3  # those still asked for


def test_a_request_says_nothing_of_the_dossier(weda_dossier, mailoutbox):
    give(weda_dossier, "x@cabinet.example", AWARE)
    tick(AWARE)
    [mail] = mailoutbox
    for part in (mail.body, mail.alternatives[0].content, mail.subject):
        assert weda_dossier.public_id not in re.sub(r"/rappels/\S+", "", part)
        assert "CNIL" not in part
    assert "List-Unsubscribe" not in mail.extra_headers


@pytest.mark.parametrize(
    "email",
    [
        '"\x7f"@y.fr',
        '"a b"@y.fr',
        '"\x01"@y.fr',
        "",
        "x",
        "x@",
        "@x.fr",
        "x@y",
        "x@y.fr\nBcc: z@y.fr",
        "x@y.fr, z@y.fr",
        "a b@y.fr",
        "é@y.fr",
        f"{'a' * 250}@y.fr",
    ],
)
def test_what_is_no_address_is_refused(weda_dossier, email):
    with pytest.raises(limits.BadAddress):
        give(weda_dossier, email, AWARE)


def test_every_step_is_in_the_journal_and_no_address_is(weda_dossier):
    subscription = give(weda_dossier, "x@cabinet.example", timezone.now())
    token = addresses.make_confirm_token(subscription)
    assert addresses.confirm_address(token=token, now=timezone.now())
    assert addresses.confirm_address(token=token, now=timezone.now())
    assert addresses.end_reminders(dossier=weda_dossier, by="appareil 1", now=timezone.now())
    assert not addresses.end_reminders(dossier=weda_dossier, by="appareil 1", now=timezone.now())
    lines = weda_dossier.journal.order_by("number").values_list("event", flat=True)
    assert list(lines)[-3:] == ["address_given", "address_confirmed", "address_ended"]
    assert "cabinet.example" not in str(everything()["JournalEntry"])
    assert journal.find_first_fault(Dossier.objects.get(pk=weda_dossier.pk)) is None


def test_a_tag_or_a_new_dossier_opens_no_other_mailbox_and_all_have_a_limit(monkeypatch):
    def begin():
        return Dossier.objects.create(questionnaire="cnil-2023-07", created_at=AWARE)

    first = begin()
    give(first, "x@cabinet.example", AWARE)
    erasure.erase_dossier(dossier=first, by="appareil 1", now=AWARE)
    for same in ("x@cabinet.example", "X+1@cabinet.example"):
        with pytest.raises(limits.TooOften):
            give(begin(), same, AWARE + HOUR / 2)
    monkeypatch.setattr(addresses, "MOST_AN_HOUR", 2)
    give(begin(), "y@cabinet.example", AWARE)
    with pytest.raises(limits.TooOften):
        give(begin(), "z@cabinet.example", AWARE)
    assert "cabinet" not in str(everything()["ConfirmationSent"])
    tick(AWARE + DAY)
    assert everything()["ConfirmationSent"] == []


# -- the relay, the clock, the dossiers of others -------------------------------------------------------


def test_without_a_server_all_wait_and_somebody_is_told(mailoutbox, settings):
    fill(1)
    settings.MAIL_LEAVES = False
    assert (tick(BEFORE), states(), reminders.is_alive(BEFORE)) == (0, [("before_24h", "waiting", "")], False)
    settings.MAIL_LEAVES = True
    assert (tick(BEFORE), reminders.is_alive(BEFORE)) == (1, True)


def test_a_clock_set_back_holds_nothing_for_days(mailoutbox):
    fill(2)
    watch.put_due(BEFORE)
    leased, put_off = Outgoing.objects.order_by("pk")
    Outgoing.objects.filter(pk=leased.pk).update(leased_until=BEFORE + DAY, lease="x")
    Outgoing.objects.filter(pk=put_off.pk).update(next_at=BEFORE + DAY)
    assert tick(BEFORE) == 2
    reminders.record_beat(BEFORE + DAY)
    assert not reminders.is_alive(BEFORE)


def test_a_plan_that_fails_makes_no_beat(monkeypatch):
    monkeypatch.setattr(watch, "put_due", lambda now: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tick(BEFORE)
    assert not Heartbeat.objects.exists()


def test_a_long_round_plans_again_and_sends_the_nearest_end_first(mailoutbox):
    late, soon, later, added = fill(4)
    for dossier, hours in ((late, -30), (soon, -10), (later, -2)):
        Dossier.objects.filter(pk=dossier.pk).update(
            answers=dossier.answers | {"aware_at": known(AWARE + hours * HOUR)}
        )
    Subscription.objects.filter(dossier=added).update(confirmed_at=None)
    instants = iter([BEFORE] * 4 + [BEFORE + n * HOUR / 10 for n in range(1, 60)])

    def clock():
        if mailoutbox:
            Subscription.objects.filter(dossier=added).update(confirmed_at=AWARE)
        return next(instants)

    assert reminders.run_round(clock=clock) == 4
    assert [mail.to[0][7] for mail in mailoutbox] == ["1", "2", "3", "0"]


def test_a_dossier_erased_while_it_is_claimed_alarms_nobody(mailoutbox, caplog, monkeypatch):
    [dossier] = fill(1)
    claim = outbox.claim_next

    def claim_and_erase(now, purposes):
        found = claim(now, purposes)
        erasure.erase_dossier(dossier=dossier, by="appareil 1", now=now) if found else None
        return found

    monkeypatch.setattr(outbox, "claim_next", claim_and_erase)
    assert tick(BEFORE) == 0
    assert "reminders.unreadable_message" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_dossier_erased_while_it_is_planned_stops_nobody(mailoutbox, monkeypatch):
    gone, *_ = fill(3)
    put = outbox.put_rows

    def erase_and_put(rows, now):
        Dossier.objects.filter(pk=gone.pk).delete()
        put(rows, now)

    monkeypatch.setattr(outbox, "put_rows", erase_and_put)
    assert tick(BEFORE) == 2


# -- an end that comes back, an end that was just typed -------------------------------------------------


def test_the_last_mail_tells_the_end_that_holds(mailoutbox):
    [dossier] = fill(1)
    for n, moved in enumerate((0, 3, 0, 0, 3)):
        Dossier.objects.filter(pk=dossier.pk).update(
            answers=dossier.answers | {"aware_at": known(AWARE - moved * HOUR)}
        )
        for minutes in (0, 4, 10):
            tick(AWARE + n * HOUR + timedelta(minutes=minutes))
    said = [re.search(r"à (\d+) h 42", plain(mail.subject))[1] for mail in mailoutbox]
    assert said == ["10", "7", "10", "7"]


def test_an_end_that_was_just_typed_settles_unless_it_is_near(mailoutbox):
    near, _ = fill(2)
    Dossier.objects.filter(pk=near.pk).update(answers=near.answers | {"aware_at": known(AWARE - 19.5 * HOUR)})
    Dossier.objects.update(last_saved_at=BEFORE)
    assert tick(BEFORE + HOUR / 60) == 1
    assert mailoutbox[0].to == ["cabinet0@cabinet.example"]
    assert tick(BEFORE + HOUR / 20) == 1


def test_what_waits_follows_the_address_to_its_domain(mailoutbox):
    [dossier] = fill(1)
    watch.put_due(BEFORE)
    subscription = give(dossier, "x@ailleurs.example", timezone.now())
    addresses.confirm_address(token=addresses.make_confirm_token(subscription), now=timezone.now())
    assert Outgoing.objects.get(kind="before_24h").domain == "ailleurs.example"
    give(dossier, "y@ailleurs.example", timezone.now())
    give(dossier, "x@ailleurs.example", timezone.now())  # after all the one that is live
    assert addresses.find_standing(dossier) == addresses.Standing("live", "x@ailleurs.example")


def test_an_address_that_no_mail_can_carry_is_found_before_it_is_sent(mailoutbox, caplog):
    fill(2)
    first = Subscription.objects.order_by("pk").first()
    Subscription.objects.filter(pk=first.pk).update(email="x\r\ny@y.example")
    assert tick(BEFORE) == 1
    assert "reminders.unreadable_message" in caplog.text
    assert "Arrêter les rappels :" in plain(mailoutbox[0].body)
