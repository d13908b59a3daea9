"""Deadlines as a calendar file (RFC 5545): duties, instants, the practice's name at most; nothing of the incident."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .. import deadlines
from ..obligations import Deadline
from ..typography import space_french

if TYPE_CHECKING:
    from icalendar import Alarm, Calendar, Event

PRODUCT = "-//Breach Assistant//Echeances//FR"
NAME = "Échéances – notification à la CNIL"
ALARMS = (timedelta(hours=24), timedelta(hours=6), timedelta(hours=1))
REFRESH = timedelta(hours=1)
# The duties with an hour, as an agenda names them.
TITLES = {
    "cnil": "Échéance : notification à la CNIL",
    "cnil_complement": "Échéance (si possible) : complément de la notification à la CNIL",
    "insurance_complaint": "Échéance : plainte, si vous avez une assurance cyber",
}


@dataclass(frozen=True)
class Dated:
    """A dossier as its calendar needs it. `secret_id` makes the names of its events, which do not show it; `sequence`
    grows with every change; `site` is our name in these names; `gone` are clocks, as they last were, of duties that had
    an end and have none now."""

    clocks: Sequence[Deadline]
    zone: ZoneInfo
    name: str
    link: str
    secret_id: str
    sequence: int
    site: str
    gone: Sequence[Deadline] = ()


def deadlines_ics(dossier_data: Dated, now: datetime) -> bytes:
    """Each duty that has an end: an event with alarms while it runs; cancelled, so that agendas drop it, once it is
    done or no longer wanted."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", NAME)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    _fill(calendar, dossier_data, now.astimezone(UTC).replace(second=0, microsecond=0))
    return bytes(calendar.to_ical())


def _fill(calendar: "Calendar", dossier_data: Dated, stamp: datetime) -> None:
    for clock in (*dossier_data.clocks, *dossier_data.gone):
        if clock.obligation.key in TITLES and clock.alarm_at:
            calendar.add_component(_event(dossier_data, clock, clock.alarm_at.astimezone(UTC), stamp))


def _event(dossier_data: Dated, clock: Deadline, at: datetime, stamp: datetime) -> "Event":
    from icalendar import Event

    event = Event()
    wanted = clock not in dossier_data.gone and (clock.running or clock.state in ("todo", "chase"))
    title, name = TITLES[clock.obligation.key], _one_line(dossier_data.name)
    event.add("uid", f"{_uid(dossier_data, clock)}@{dossier_data.site}")
    event.add("sequence", dossier_data.sequence)
    event.add("dtstamp", stamp)
    event.add("dtstart", at)
    event.add("summary", space_french(f"{title} – {name}" if name else title))
    event.add("description", "\n".join(map(space_french, _lines(dossier_data, clock, at))))
    event.add("url", dossier_data.link)
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    event.add("status", "CONFIRMED" if wanted else "CANCELLED")
    for delay in ALARMS if wanted else ():
        event.add_component(_alarm(delay, title))
    return event


def _one_line(text: str) -> str:
    """Escaping is icalendar's; agendas that show one line are spared the rest."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _uid(dossier_data: Dated, clock: Deadline) -> str:
    return hashlib.sha256(f"{dossier_data.secret_id}\n{clock.obligation.key}".encode()).hexdigest()[:32]


def _lines(dossier_data: Dated, clock: Deadline, at: datetime) -> Iterator[str]:
    yield f"Le délai se termine le {deadlines.describe_instant(at, dossier_data.zone)}."
    if clock.careful_at and clock.due_at:
        stated = deadlines.describe_instant(clock.due_at, dossier_data.zone)
        yield f"C'est la lecture la plus prudente ; selon la date que vous avez retenue, il se termine le {stated}."
    if clock.obligation.soft:
        yield "Ce délai est indicatif (« si possible »)."
    yield f"Dossier : {dossier_data.link}"


def _alarm(before: timedelta, title: str) -> "Alarm":
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", space_french(title))
    alarm.add("trigger", -before)
    return alarm
