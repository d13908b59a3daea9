"""For how long things are kept: each figure once. `manage.py purge` applies them, « Vos données » tells them.

Plain functions, called while the settings load."""

import re
from dataclasses import dataclass, fields
from datetime import timedelta

from breach_assistant.site import refuse

MONTH = 30.4375  # days, on average
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Retention:
    """From the last use of a dossier, or from the end of what the comment names."""

    guest: timedelta = timedelta(days=30)  # a dossier without an account, of which nothing was filed
    guest_filed: timedelta = timedelta(days=396)  # one of which something was
    dossier: timedelta = timedelta(days=365)  # a dossier of an account or a practice, with neither filing nor decision
    closed: timedelta = timedelta(days=365)  # the whole text of one that was filed, or that says why it is not
    register: timedelta = timedelta(days=1826)  # what is kept of it then, and that something was erased
    invitation: timedelta = timedelta(days=30)  # an invitation, from the day until which it could be accepted
    mails: timedelta = timedelta(days=30)  # that a reminder was sent
    logs: timedelta = timedelta(days=365)  # lines on stderr: kept, and forgotten, by whoever runs the machine
    backups: timedelta = timedelta(days=30)  # at most, likewise

    def words(self) -> dict[str, str]:
        """Return every length in words, by its name."""
        return {field.name: describe_length(getattr(self, field.name)) for field in fields(self)}


def read_retention(text: str) -> Retention:
    """Return the checked RETENTION: « guest=30 closed=730 », in days, for what is to differ."""
    days = dict(item.partition("=")[::2] for item in text.split())
    known = {field.name for field in fields(Retention)}
    if days.keys() - known or not all(re.fullmatch("(?!0+$)[0-9]{1,4}", number) for number in days.values()):
        refuse(f"RETENTION doit être une suite de durées en jours (guest=30 …), parmi {', '.join(sorted(known))}.")
    return Retention(**{name: int(number) * DAY for name, number in days.items()})


def describe_length(length: timedelta) -> str:
    """Return « 30 jours », « 13 mois », « 5 ans »: in months or years only where they are whole."""
    months = round(length.days / MONTH)
    if length.days < 60 or abs(length.days - months * MONTH) > 1:
        return f"{length.days} jour{'s' if length.days > 1 else ''}"
    return f"{months // 12} ans" if months >= 24 and months % 12 == 0 else f"{months} mois"
