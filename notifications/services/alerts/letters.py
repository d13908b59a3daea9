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
from ...models import Outgoing, Subscription
from ...obligations import Deadline
from ...typography import space_french
from ..mail import outbox
from . import addresses
from .plan import target


@dataclass(frozen=True)
class Words:
    subject: str  # {end}: the end of the delay in words
    title: str
    advice: str
    many: str  # the title where several dossiers are told of
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
class News:
    """One message and what is true of it: `clock` is that of the duty it is about, None where it is about none."""

    row: Outgoing
    subscription: Subscription
    clock: Deadline | None

    @property
    def to(self) -> str:
        asked = addresses.is_request(self.row.kind)
        return self.subscription.asked_email if asked else self.subscription.email


def letter(told: Sequence[News], now: datetime) -> EmailMultiAlternatives:
    """The mail of one message, or of several of one kind for one address, as it is true at `now`."""
    first = told[0]
    if addresses.is_request(first.row.kind):
        return _mail(first, "Confirmez votre adresse de rappel", "confirm", _to_confirm(first.subscription))
    words = NEWS if first.row.kind.startswith(outbox.NEWS) else WORDS[first.row.kind]
    said = [_said(news, now) if news.clock else _said_of_news(news) for news in told]
    if len(said) > 1:
        context = {"title": words.many, "advice": words.advice, "dossiers": said, "end_link": end_address(told)}
        return _mail(first, f"{words.many} ({len(said)} dossiers)", "reminders", context)
    context = {"title": words.title, "advice": words.advice, "end_link": end_address(told), **said[0]}
    return _mail(first, words.subject.format(end=said[0]["end"]), "reminder", context)


def _said(news: News, now: datetime) -> dict[str, str]:
    """One dossier in a reminder."""
    row, clock = news.row, news.clock
    zone = ZoneInfo(row.dossier.timezone)
    end = clock.due_at if row.kind == "review" else row.deadline
    return {
        "name": " ".join(row.dossier.organisation_name.split()),
        "end": deadlines.in_words(end, zone) if end else "",
        "remaining": WORDS[row.kind].remaining.format(length=deadlines.length_in_words(abs(end - now))) if end else "",
        "reading": "" if row.kind == "review" else _reading(clock, zone, now),
        "link": settings.SITE_URL + reverse("dossier", args=[row.dossier.public_id]),
    }


def _said_of_news(news: News) -> dict[str, str]:
    link = settings.SITE_URL + reverse("news", args=[news.row.dossier.public_id])
    name = " ".join(news.row.dossier.organisation_name.split())
    return {"name": name, "link": link, "end": "", "remaining": "", "reading": ""}


def _reading(clock: Deadline, zone: ZoneInfo, now: datetime) -> str:
    """The other end, where two readings of the start give two."""
    if not (clock.careful_at and clock.due_at):
        return ""
    if target(clock, now) == clock.careful_at:
        said = deadlines.in_words(clock.due_at, zone)
        return f"C'est la lecture la plus prudente ; selon la date que vous avez retenue, il se termine le {said}."
    said = deadlines.in_words(clock.careful_at, zone)
    return f"Selon la lecture la plus prudente, ce délai s'est déjà terminé le {said}."


def _to_confirm(subscription: Subscription) -> dict[str, object]:
    link = settings.SITE_URL + reverse("confirm_address", args=[addresses.confirm_token(subscription)])
    asked = len(addresses.asked_together(subscription))
    return {"link": link, "site": site_name(), "days": addresses.CONFIRM_FOR.days, "dossiers": asked}


def end_address(told: Sequence[News]) -> str:
    """Ends what the mail tells of: one dossier, or all those of the group that go to this address."""
    token = (addresses.end_all_token if len(told) > 1 else addresses.end_token)(told[0].subscription)
    return settings.SITE_URL + reverse("end_reminders", args=[token])


def site_name() -> str:
    """Our name in addresses of mails and of calendar events."""
    return "localhost" if settings.LOCAL else str(urlsplit(settings.SITE_URL).hostname)


def _mail(first: News, subject: str, template: str, context: dict[str, object]) -> EmailMultiAlternatives:
    key = first.row.bundle or first.row.key
    headers = {"Message-ID": f"<{key}@{site_name()}>", "Auto-Submitted": "auto-generated"}
    if "end_link" in context:
        headers["List-Unsubscribe"] = f"<{context['end_link']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    text = render_to_string(f"mail/{template}.txt", context)
    mail = EmailMultiAlternatives(space_french(subject), text, settings.DEFAULT_FROM_EMAIL, [first.to], headers=headers)
    mail.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    mail.message().as_bytes()  # what cannot be written as a mail is found out here, not on the way
    return mail
