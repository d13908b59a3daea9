"""Duties are read from a file; their clocks follow from the answers, the filings and one `now`."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.obligations import Deadline, Filed, Obligation, load_duties, read_clock, read_clocks
from notifications.questionnaire import Case, Unusable, find_applicable
from notifications.report import CLOCK_WORDS
from tests.dossiers import PARIS, ROOT, SEEDS, form

DUTIES = load_duties(SEEDS / "obligations.toml", form())
CNIL = DUTIES[0]
NOW = datetime(2025, 11, 14, 8, 0, tzinfo=UTC)
AWARE = "2025-11-12T10:42:00+01:00"
END = datetime(2025, 11, 15, 9, 42, tzinfo=UTC)
HOUR = timedelta(hours=1)


def case(zone: ZoneInfo = PARIS, **answers: Any) -> Case:
    """What the practice answered: plain values, or the name of a state that holds none."""
    return Case(form(), {key: entry(value) for key, value in answers.items()}, zone=zone)


def entry(value: Any) -> dict[str, Any]:
    said = {"state": value} if value in ("unknown", "cleared", "not_applicable") else {"state": "known", "value": value}
    return said | {"origin": "practice", "reviewed": True}


def clock(
    key: str = "cnil", *, now: datetime = NOW, filings: tuple[Filed, ...] = (), zone: ZoneInfo = PARIS, **answers: Any
) -> Deadline:
    found = {each.obligation.key: each for each in read_clocks(DUTIES, case(zone, **answers), filings, now)}
    return found[key]


# -- the file --------------------------------------------------------------------------------------------------


def test_the_six_duties_that_ship_begin_with_the_cnils_seventy_two_hours() -> None:
    keys = ["cnil", "cnil_complement", "insurance_complaint", "data_subjects", "register", "cert_sante"]
    assert [each.key for each in DUTIES] == keys
    assert (CNIL.hours, CNIL.basis) == (72, "RGPD art. 33(1)")
    assert {each.key: each.hours for each in DUTIES if each.hours} == dict.fromkeys(keys[:3], 72)


GOOD = """[[obligation]]
key = "a"
title = "t"
who = "w"
to = "t"
delay = "d"
tone = "t"
basis = "b"
link = "https://example.org/"
valid_from = "2018-05-25"
certainty = "confirmed"
"""
LATER = GOOD.replace("2018-05-25", "2020-01-01")


def problems_of(folder: Path, text: str) -> list[str]:
    path = folder / "devoirs.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Unusable) as caught:
        load_duties(path, form())
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[obligation]]\nkey = "a"\n', "obligation[a] : l'élément « title » manque."),
        ("[[obligation]]\nhours = 72\n", "obligation[1] : l'élément « key » manque."),
        (GOOD + "hour = 72", "obligation[a] : élément inconnu « hour »."),
        (GOOD + 'hours = "72"', "obligation[a].hours : « 72 » n'a pas la forme attendue : il faut un nombre entier."),
        (GOOD + "hours = true", "obligation[a].hours : « True » n'a pas la forme attendue : il faut un nombre entier."),
        (GOOD + "hours = 72.5", "obligation[a].hours : « 72.5 » n'a pas la forme attendue : il faut un nombre entier."),
        (GOOD + "hours = -1", "obligation[a].hours : « -1 » n'a pas la forme attendue."),
        (GOOD + "soft = 1", "obligation[a].soft : « 1 » n'a pas la forme attendue : il faut true ou false."),
        (
            GOOD + 'starts = "aware_at"',
            "obligation[a].starts : « aware_at » n'a pas la forme attendue : il faut une liste.",
        ),
        (GOOD + "done_by = [1]", "obligation[a].done_by[1] : « 1 » n'a pas la forme attendue : il faut un texte."),
        (
            GOOD + 'when = ["severity"]',
            "obligation[a].when[1] : « severity » n'a pas la forme attendue : il faut une table.",
        ),
        (GOOD.replace("2018-05-25", "25/05/2018"), "obligation[a].valid_from : « 25/05/2018 » n'est pas un jour."),
        (GOOD + 'valid_until = "2025-02-30"', "obligation[a].valid_until : « 2025-02-30 » n'est pas un jour."),
        (GOOD.replace('"confirmed"', '"sure"'), "obligation[a].certainty : « sure » n'est pas un degré de certitude."),
        (GOOD.replace("https", "http"), "obligation[a].link : « http://example.org/ » n'a pas la forme attendue."),
        (GOOD + 'done_by = ["draft"]', "obligation[a].done_by[1] : « draft » n'est pas une valeur permise."),
        (GOOD + 'after = "draft"', "obligation[a].after : « draft » n'est pas une valeur permise."),
        (GOOD + 'prudent = "aware_at"', "a : « prudent » va avec « starts »."),
        (GOOD + 'done_on = "complaint_filed_on"', "a : « done_on » va avec « done »."),
        (
            GOOD + 'when = [{ key = "severity", above = 2 }]',
            "obligation[a].when[severity] : élément inconnu « above ».",
        ),
        (
            GOOD + 'when = [{ key = "aware_at", after = "ended_at" }]',
            "a : une condition n'essaie ici que is, any ou known.",
        ),
        (GOOD + 'starts = ["noticed_at"]', "a : « noticed_at » n'est pas une question de type moment."),
        (GOOD + 'starts = ["complaint_filed_on"]', "a : « complaint_filed_on » n'est pas une question de type moment."),
        (
            GOOD + 'done = [{ key = "city", known = true }]\ndone_on = "city"',
            "a : « city » n'est pas une question de type date ou moment.",
        ),
        (GOOD + 'stopped = [{ key = "mood", is = "bad" }]', "a : la question « mood » n'existe pas."),
        (GOOD + 'when = [{ key = "severity", any = ["bad"] }]', "a : « severity » n'a pas l'option « bad »."),
        (GOOD + GOOD, "a : deux termes sont valables le 2018-05-25."),
        (LATER + GOOD, "a : deux termes sont valables le 2020-01-01."),
        (GOOD + 'valid_until = "2020-01-01"\n' + LATER, "a : deux termes sont valables le 2020-01-01."),
        ("", "l'élément « obligation » manque."),
        (GOOD.replace("obligation", "obligaton"), "élément inconnu « obligaton »."),
    ],
)
def test_a_wrong_duty_is_refused_with_file_key_and_what(tmp_path: Path, text: str, sentence: str) -> None:
    assert problems_of(tmp_path, text) == [f"devoirs.toml : {sentence}"]


def test_every_fault_of_a_file_of_duties_is_told_at_once(tmp_path: Path) -> None:
    other = LATER.replace('"a"', '"b"')
    assert len(problems_of(tmp_path, GOOD + 'prudent = "aware_at"\ndone_on = "aware_at"\n' + other + other)) == 3


def test_a_file_of_duties_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"^nowhere\.toml : ce fichier n'est pas lisible"):
        load_duties(tmp_path / "nowhere.toml")


# -- the clock of the notification -----------------------------------------------------------------------------


def test_an_instant_starts_the_clock_at_that_instant() -> None:
    found = clock(aware_at=AWARE)
    assert (found.starts_at, found.due_at) == (datetime(2025, 11, 12, 9, 42, tzinfo=UTC), END)
    assert (found.hour_known, found.state, found.late) == (True, "open", False)
    assert found.left == timedelta(hours=25, minutes=42)


@pytest.mark.parametrize(
    ("zone", "starts"),
    [
        ("Europe/Paris", "2025-11-11T23:00"),
        ("Pacific/Noumea", "2025-11-11T13:00"),
        ("Pacific/Marquesas", "2025-11-12T09:30"),
    ],
)
def test_a_bare_day_starts_the_clock_at_its_midnight_in_the_dossiers_zone(zone: str, starts: str) -> None:
    found = clock(aware_at="2025-11-12", zone=ZoneInfo(zone))
    assert found.starts_at == datetime.fromisoformat(starts + "+00:00")
    assert found.hour_known is False


@pytest.mark.parametrize("state", ["unknown", "cleared", "not_applicable", None])
def test_without_a_moment_the_clock_waits(state: str | None) -> None:
    found = clock(**({"aware_at": state} if state else {}))
    assert (found.state, found.starts_at, found.due_at, found.left, found.late) == ("waiting", None, None, None, False)


@pytest.mark.parametrize(
    ("before", "state"),
    [(24 * HOUR, "open"), (23 * HOUR, "soon"), (5 * HOUR, "urgent"), (0 * HOUR, "urgent"), (-HOUR, "overdue")],
)
def test_the_clock_says_how_short_the_time_is(before: timedelta, state: str) -> None:
    found = clock(aware_at=AWARE, now=END - before)
    assert (found.state, found.late, found.running) == (state, state == "overdue", True)


def test_a_message_received_before_it_was_read_gives_the_careful_end_that_the_alarm_follows() -> None:
    received = {"aware_at": AWARE, "informed_by_processor_at": "2025-11-11T09:00:00+01:00"}
    careful = datetime(2025, 11, 14, 8, 0, tzinfo=UTC)
    found = clock(**received, now=careful - 5 * HOUR)
    assert (found.due_at, found.careful_at, found.alarm_at, found.state) == (END, careful, careful, "urgent")
    past = clock(**received, now=careful + HOUR)
    assert (past.state, past.late) == ("urgent", False)  # the practice's own reading is not over
    after = clock(aware_at=AWARE, informed_by_processor_at="2025-11-13T09:00:00+01:00")
    assert (after.careful_at, after.alarm_at) == (None, END)


def test_a_decision_not_to_notify_stops_the_clock_and_another_one_does_not() -> None:
    later = END + 48 * HOUR
    for decision in ("not_notify", "other_reading"):
        found = clock(aware_at=AWARE, decision=decision, now=later)
        assert (found.state, found.past, found.late) == ("stopped", True, True)  # the hours ran out all the same
        assert clock(aware_at=AWARE, decision=decision).late is False
    assert clock(aware_at=AWARE, decision="undecided", now=later).state == "overdue"
    assert clock(decision="not_notify").state == "stopped"


# -- filings ---------------------------------------------------------------------------------------------------


def filed(at: datetime, kind: str = "initial", **answers: Any) -> Filed:
    """A filing that froze the clocks as they were."""
    known = case(**answers)
    frozen = {each.obligation.key: (each.starts_at, each.due_at) for each in read_clocks(DUTIES, known, (), at)}
    return Filed(kind, at, answers=known.answers, frozen=frozen)


@pytest.mark.parametrize(("after", "late"), [(-HOUR, False), (0 * HOUR, False), (timedelta(seconds=1), True)])
def test_a_filing_is_on_time_or_late_for_ever(after: timedelta, late: bool) -> None:
    at = END + after
    found = clock(aware_at=AWARE, filings=(filed(at, aware_at=AWARE),), now=END + 900 * HOUR)
    assert (found.state, found.done_at, found.late) == ("done", at, late)
    corrected = clock(aware_at="2025-11-10T08:00:00+01:00", filings=(filed(at, aware_at=AWARE),), now=END + 900 * HOUR)
    assert (corrected.due_at, corrected.late_as_filed) == (END, late)  # what was filed keeps its end
    assert (corrected.corrected_at, corrected.late) == (END - timedelta(hours=50, minutes=42), True)
    assert (found.corrected_at, found.late_as_filed) == (None, late)
    later = clock(aware_at="2025-11-15T08:00:00+01:00", filings=(filed(at, aware_at=AWARE),))
    assert later.late is late  # a start corrected to a later one excuses nothing


def test_what_was_filed_without_a_start_counts_from_the_one_given_later() -> None:
    found = clock(aware_at=AWARE, filings=(filed(END + HOUR),), now=END + 2 * HOUR)
    assert (found.due_at, found.hour_known, found.late, found.corrected_at) == (END, True, True, None)


def test_lateness_asks_for_its_reasons_also_after_a_late_filing() -> None:
    late = filed(END + HOUR, aware_at=AWARE)
    for filings in ((), (late,)):
        known = case(aware_at=AWARE)
        found = read_clock([CNIL], known, filings, END + 2 * HOUR)
        asked = {question.key for question in find_applicable(replace(known, facts={"late": found.late}))}
        assert "late_reasons" in asked


def test_the_complement_is_to_do_then_to_chase_then_done_and_never_overdue() -> None:
    first = filed(END - HOUR, aware_at=AWARE)
    assert clock("cnil_complement", aware_at=AWARE).state == "idle"
    soon, later = (
        clock("cnil_complement", aware_at=AWARE, filings=(first,), now=first.at + hours * HOUR) for hours in (71, 73)
    )
    assert (soon.state, later.state) == ("todo", "chase")
    assert later.due_at == first.at + 72 * HOUR
    assert (soon.late, later.late) == (False, False)
    done = clock("cnil_complement", filings=(first, filed(END + 99 * HOUR, "complementary")), now=END + 100 * HOUR)
    assert (done.state, done.late) == ("done", False)


def test_a_complement_that_was_filed_keeps_the_end_that_it_had_then() -> None:
    first, at = filed(END - HOUR, aware_at=AWARE), END + 50 * HOUR
    then = (first.at - HOUR, first.at + 71 * HOUR)  # the initial filing was corrected since
    second = Filed("complementary", at, answers=first.answers, frozen={"cnil_complement": then})
    found = clock("cnil_complement", filings=(first, second), now=at)
    assert (found.starts_at, found.due_at) == then
    assert (found.hour_known, found.corrected_at) == (True, None)


def test_a_complete_notification_leaves_nothing_to_complete() -> None:
    whole = filed(END - HOUR, "complete", aware_at=AWARE)
    assert clock(aware_at=AWARE, filings=(whole,)).state == "done"
    assert clock("cnil_complement", aware_at=AWARE, filings=(whole,)).state == "idle"


# -- the other duties ------------------------------------------------------------------------------------------


def test_patients_are_told_without_an_hour_and_only_if_the_risk_is_high() -> None:
    for severity, state in (("negligible", "idle"), ("limited", "idle"), ("significant", "todo"), ("maximal", "todo")):
        found = clock("data_subjects", aware_at=AWARE, severity=severity, now=END + 999 * HOUR)
        assert (found.state, found.due_at, found.late) == (state, None, False)
    assert clock("data_subjects", severity="maximal", subjects_informed="yes").state == "done"


def test_the_complaint_counts_from_the_attack_being_known_else_from_awareness() -> None:
    known = clock("insurance_complaint", aware_at=AWARE, attack_known_at="2025-11-11T09:00:00+01:00")
    assert known.due_at == datetime(2025, 11, 14, 8, 0, tzinfo=UTC)
    assert clock("insurance_complaint", aware_at=AWARE, attack_known_at="unknown").due_at == END
    assert clock("insurance_complaint", aware_at=AWARE, complaint_filed=True, now=END + HOUR).state == "done"
    assert clock("insurance_complaint").state == "waiting"


@pytest.mark.parametrize(("day", "late"), [("2025-11-15", False), ("2025-11-16", True), (None, False)])
def test_a_complaint_is_late_once_its_whole_day_is_after_the_end(day: str | None, late: bool) -> None:
    said = {"complaint_filed": True} | ({"complaint_filed_on": day} if day else {})
    found = clock("insurance_complaint", aware_at=AWARE, now=END + 99 * HOUR, **said)
    assert (found.state, found.done_day, found.late) == ("done", day or "", late)
    assert "voyez votre assureur" in found.obligation.late_note
    withdrawn = clock("insurance_complaint", aware_at=AWARE, **said | {"complaint_filed": False})
    assert (withdrawn.state, withdrawn.done_at) == ("open", None)


def test_the_register_and_the_cert_have_no_hour() -> None:
    assert [clock(key, aware_at=AWARE, now=END + 999 * HOUR).state for key in ("register", "cert_sante")] == [
        "todo"
    ] * 2
    assert clock("register", filings=(filed(END, aware_at=AWARE),)).state == "done"
    assert clock("cert_sante", aware_at=AWARE, cert_sante_reported=True).state == "done"


def test_every_state_has_its_word_and_none_accuses() -> None:
    assert set(CLOCK_WORDS) == {
        "idle", "waiting", "open", "soon", "urgent", "overdue", "todo", "chase", "done", "stopped",
    }  # fmt: skip


# -- a change of law -------------------------------------------------------------------------------------------

OLD: Obligation = CNIL.replace(valid_until=date(2027, 12, 31))
NEW: Obligation = CNIL.replace(hours=96, valid_from=date(2028, 1, 1))  # fictitious


@pytest.mark.parametrize("terms", [(OLD, NEW), (NEW, OLD)])
@pytest.mark.parametrize(
    ("aware", "hours"), [("2027-12-31T23:59:00+01:00", 72), ("2028-01-01T00:00:00+01:00", 96), ("2017-01-01", 72)]
)
def test_the_terms_valid_at_the_start_apply(terms: tuple[Obligation, ...], aware: str, hours: int) -> None:
    found = read_clock(terms, case(aware_at=aware), (), datetime(2028, 6, 1, tzinfo=UTC))
    assert found.due_at is not None
    assert found.starts_at is not None
    assert (found.due_at - found.starts_at, found.obligation.hours) == (hours * HOUR, hours)


def test_a_filing_freezes_the_terms_under_which_it_was_made() -> None:
    known, at = case(aware_at="2027-12-31T12:00:00+01:00"), datetime(2028, 1, 4, tzinfo=UTC)
    before = read_clock((OLD,), known, (), at)
    first = Filed("initial", at, answers=known.answers, frozen={"cnil": (before.starts_at, before.due_at)})
    corrected = case(aware_at="2028-01-02T12:00:00+01:00")
    found = read_clock((OLD, NEW), corrected, (first,), at + 99 * HOUR)
    assert (found.obligation.hours, found.due_at, found.late) == (72, before.due_at, True)


def test_a_proposed_law_is_nowhere_shown_as_law() -> None:
    files = [*SEEDS.rglob("*.toml"), *(ROOT / "templates").rglob("*.*"), *(ROOT / "notifications").rglob("*.py")]
    assert not [path for path in files if "96 h" in path.read_text("utf-8") or "hours = 96" in path.read_text("utf-8")]
