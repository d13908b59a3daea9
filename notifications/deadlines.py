"""Instants and delays: pure arithmetic, and their words in French.

Delays are elapsed hours, counted in UTC: Paris wall time would be an hour wrong across a clock change.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# Every zone of France, with the words that follow « heure ».
ZONES = {
    "Europe/Paris": "de Paris",
    "America/Guadeloupe": "de la Guadeloupe",
    "America/Martinique": "de la Martinique",
    "America/Cayenne": "de la Guyane",
    "America/St_Barthelemy": "de Saint-Barthélemy",
    "America/Marigot": "de Saint-Martin",
    "America/Miquelon": "de Saint-Pierre-et-Miquelon",
    "Indian/Reunion": "de La Réunion",
    "Indian/Mayotte": "de Mayotte",
    "Indian/Kerguelen": "des Terres australes",
    "Pacific/Noumea": "de la Nouvelle-Calédonie",
    "Pacific/Wallis": "de Wallis-et-Futuna",
    "Pacific/Tahiti": "de Tahiti",
    "Pacific/Marquesas": "des Marquises",
    "Pacific/Gambier": "des Gambier",
}
PARIS = ZoneInfo("Europe/Paris")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def add_delay(start: datetime, delay: timedelta) -> datetime:
    """Return the UTC instant at which a delay that began at `start` (aware) ends. Raises ValueError for a naive start.

    RGPD art. 33(1) counts in hours: nights, weekends and holidays are in (Regulation 1182/71, art. 3(3), 3(4))."""
    if start.tzinfo is None:
        raise ValueError("a naive instant has no deadline")
    return start.astimezone(UTC) + delay


def find_legal_end(due_at: datetime, zone: ZoneInfo) -> datetime:
    """Return the end as Regulation 1182/71 counts it: the hour in which the delay begins, on the clocks of `zone`, is
    not counted (art. 3(1)), so it ends with the hour that is running at `due_at`. Nothing moves over weekends and
    holidays: art. 3(4) leaves delays in hours out, and art. 3(5) is disputed. Never the deadline, at most small
    print."""
    local = due_at.astimezone(zone)
    begun = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return due_at.astimezone(UTC) - begun + timedelta(hours=1)


SOON, URGENT = timedelta(hours=24), timedelta(hours=6)


def judge_state(due_at: datetime, now: datetime, *, past: str = "overdue") -> str:
    """Return "open", "soon" below 24 hours, "urgent" below 6, or `past`; the very instant of the end
    is still in time."""
    left = due_at - now
    return past if left < timedelta(0) else "urgent" if left < URGENT else "soon" if left < SOON else "open"


def describe_day(day: datetime | str) -> str:
    """Return « mercredi 12 novembre 2025 » for a local datetime or an ISO day."""
    moment = datetime.fromisoformat(day) if isinstance(day, str) else day
    number = "1er" if moment.day == 1 else str(moment.day)
    return f"{DAYS[moment.weekday()]} {number} {MONTHS[moment.month - 1]} {moment.year}"


def describe_instant(instant: datetime, zone: ZoneInfo) -> str:
    """Return « mercredi 12 novembre 2025 à 10 h 42 (heure de Paris) » in the given zone."""
    local = instant.astimezone(zone)
    return f"{describe_day(local)} à {local.hour} h {local.minute:02d} (heure {ZONES.get(zone.key, zone.key)})"


def describe_in_paris(instant: datetime, zone: ZoneInfo) -> str:
    """Return the same instant in words on the clocks of Paris; "" in a dossier that follows them."""
    return "" if zone.key == PARIS.key else describe_instant(instant, PARIS)


def describe_moment(value: str, zone: ZoneInfo) -> str:
    """Return the words of a day (`YYYY-MM-DD`: only the day is said) or of an instant (ISO 8601 with offset)."""
    return describe_day(value) if len(value) == 10 else describe_instant(datetime.fromisoformat(value), zone)


def describe_length(length: timedelta) -> str:
    """Return « 2 jours et 3 heures », « 5 heures et 12 minutes »: the two largest units, never rounded up."""
    minutes = int(length.total_seconds()) // 60
    units = [(minutes // 1440, "jour"), (minutes // 60 % 24, "heure"), (minutes % 60, "minute")]
    words = [f"{n} {name}{'s' if n > 1 else ''}" for n, name in units if n]
    return " et ".join(words[:2]) or "moins d'une minute"
