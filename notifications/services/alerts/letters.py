"""What mails say: no fact of the incident, no person; the practice's name, the end of the delay, a link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from ... import deadlines
from ...models import Dossier, Outgoing, Subscription
from ...obligations import Deadline
from ...typography import space_french
from ..mail import outbox
from . import addresses
from .plan import REVIEW, find_target


@dataclass(frozen=True)
class Words:
    subject: str  # {end}: the end of the delay in words
    title: str
    advice: str
    many: str  # the title where the mail is about several dossiers
    remaining: str = "Il reste {length}, nuits et week-end compris."


_BEFORE = Words(
    "Rappel : notification à la CNIL avant le {end}",
    "Le délai de notification à la CNIL se termine bientôt",
    "N'attendez pas d'avoir tout : une notification initiale peut être incomplète, vous la compléterez ensuite.",
    "Des délais de notification à la CNIL se terminent bientôt",
)
_OVERDUE = Words(
    "Délai de notification à la CNIL terminé le {end}",
    "Le délai de notification à la CNIL est terminé",
    "Notifiez quand même, dès que vous le pouvez, en indiquant les motifs du retard. Si c'est déjà fait, consignez le "
    "dépôt dans le dossier : les rappels s'arrêteront.",
    "Des délais de notification à la CNIL sont terminés",
    "Il est terminé depuis {length}.",
)
WORDS = {
    "start": Words(
        "Vos rappels : notification à la CNIL avant le {end}",
        "Voici l'échéance de votre dossier",
        "Vous recevrez un rappel 24 heures, 6 heures et 1 heure avant la fin du délai, sauf si vous consignez le dépôt "
        "avant.",
        "Voici les échéances de vos dossiers",
    ),
    "before_24h": _BEFORE,
    "before_6h": _BEFORE,
    "before_1h": _BEFORE,
    "overdue_1": _OVERDUE,
    "overdue_2": _OVERDUE,
    "overdue_3": _OVERDUE,
    "complement": Words(
        "Complément de notification à la CNIL : si possible avant le {end}",
        "Votre notification initiale reste à compléter",
        "Le dossier tient la liste de ce qui était encore inconnu. Ce délai est indicatif : la CNIL demande le "
        "complément dans les 72 heures « si possible ».",
        "Des notifications initiales restent à compléter",
        "Il reste {length}.",
    ),
    "complement_chase": Words(
        "Complément de notification à la CNIL : à relancer",
        "Votre notification initiale attend toujours son complément",
        "Le dossier tient la liste de ce qui était encore inconnu. Relancez ceux qui doivent vous renseigner, puis "
        "complétez avec ce que vous savez.",
        "Des notifications initiales attendent toujours leur complément",
        "Ce délai, indicatif, est passé depuis {length}.",
    ),
    "review": Words(
        "Une décision à relire dans votre dossier",
        "Relisez la décision que vous avez consignée",
        "Si des éléments nouveaux vous sont parvenus, la décision peut changer. Sinon, il n'y a rien à faire : c'est "
        "le seul rappel à ce sujet.",
        "Des décisions à relire dans vos dossiers",
        "",
    ),
}


# Which answers, and why, only the dossier says.
NEWS = Words(
    "Des réponses de votre dossier sont à revoir",
    "Des réponses de votre dossier sont à revoir",
    "De nouvelles informations ont été publiées depuis. Rien n'est changé dans votre dossier sans vous : pour chaque "
    "réponse, prenez la nouvelle proposition ou gardez la vôtre.",
    "Des réponses de vos dossiers sont à revoir",
    "",
)


@dataclass(frozen=True)
class Message:
    """One message to send: with no subscription it was written beforehand; `clock` is that of the duty that a reminder
    is about."""

    row: Outgoing
    subscription: Subscription | None = None
    clock: Deadline | None = None

    @property
    def to(self) -> str:
        if self.subscription is None:
            return self.row.email
        asked = self.row.purpose == outbox.Purpose.CONFIRMATION
        return self.subscription.asked_email if asked else self.subscription.email


def compose_mail(messages: Sequence[Message], now: datetime) -> EmailMultiAlternatives:
    """Write the mail of one message, or of several of one kind for one address, as it is true at `now`."""
    first = messages[0]
    row, subscription = first.row, first.subscription
    headers = {"Message-ID": f"<{row.bundle or row.key}@{site_name()}>", "Auto-Submitted": "auto-generated"}
    if subscription is None:
        subject, bodies = row.subject, [row.body]
    elif row.purpose == outbox.Purpose.CONFIRMATION:
        context: dict[str, object] = {
            "link": settings.SITE_URL + reverse("confirm_address", args=[addresses.make_confirm_token(subscription)]),
            "site": site_name(),
            "days": addresses.CONFIRM_FOR.days,
            "dossiers": len(addresses.list_asked_together(subscription)),
        }
        subject, bodies = "Confirmez votre adresse de rappel", _render("confirm", context)
    else:
        words = NEWS if row.purpose == outbox.Purpose.NEWS else WORDS[row.kind]
        dossiers = [
            _describe_dossier(message.subscription.dossier, message, words, now)
            for message in messages
            if message.subscription
        ]
        # ends what the mail tells of: one dossier, or all those of the group that go to this address
        token = (addresses.make_end_all_token if len(messages) > 1 else addresses.make_end_token)(subscription)
        end_link = settings.SITE_URL + reverse("end_reminders", args=[token])
        headers |= {"List-Unsubscribe": f"<{end_link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        if len(messages) > 1:
            subject = f"{words.many} ({len(messages)} dossiers)"
            context = {"title": words.many, "advice": words.advice, "dossiers": dossiers, "end_link": end_link}
            bodies = _render("reminders", context)
        else:
            subject = words.subject.format(end=dossiers[0]["end"])
            context = {"title": words.title, "advice": words.advice, "end_link": end_link, **dossiers[0]}
            bodies = _render("reminder", context)
    subject = space_french(subject) if subscription else subject
    mail = EmailMultiAlternatives(subject, bodies[0], settings.DEFAULT_FROM_EMAIL, [first.to], headers=headers)
    for html in bodies[1:]:
        mail.attach_alternative(html, "text/html")
    mail.message().as_bytes()  # what cannot be written as a mail is found out here, not on the way
    return mail


def _render(template: str, context: dict[str, object]) -> list[str]:
    """Return the text and the page of a mail."""
    return [render_to_string(f"mail/{template}.{kind}", context) for kind in ("txt", "html")]


def _describe_dossier(dossier: Dossier, message: Message, words: Words, now: datetime) -> dict[str, str]:
    """Say of a dossier what its mail tells: its name and a link; of a duty also its end and what remains until then."""
    row, clock = message.row, message.clock
    page = "dossier" if clock else "news"
    link = settings.SITE_URL + reverse(page, args=[dossier.public_id])
    described = {"name": " ".join(dossier.organisation_name.split()), "link": link}
    if clock is None:
        return described | {"end": "", "remaining": "", "reading": ""}
    zone = ZoneInfo(dossier.timezone)
    end = clock.due_at if row.kind == REVIEW else row.deadline
    return described | {
        "end": deadlines.describe_instant(end, zone) if end else "",
        "remaining": words.remaining.format(length=deadlines.describe_length(abs(end - now))) if end else "",
        "reading": "" if row.kind == REVIEW else _describe_other_end(clock, zone, now),
    }


def _describe_other_end(clock: Deadline, zone: ZoneInfo, now: datetime) -> str:
    """Say the other end, where two readings of the start give two."""
    if not (clock.careful_at and clock.due_at):
        return ""
    if find_target(clock, now) == clock.careful_at:
        end = deadlines.describe_instant(clock.due_at, zone)
        return f"C'est la lecture la plus prudente ; selon la date que vous avez retenue, il se termine le {end}."
    end = deadlines.describe_instant(clock.careful_at, zone)
    return f"Selon la lecture la plus prudente, ce délai s'est déjà terminé le {end}."


def site_name() -> str:
    """Our name in addresses of mails and of calendar events."""
    return "localhost" if settings.LOCAL else str(urlsplit(settings.SITE_URL).hostname)
