"""The letter to the vendor: what the practice still has to learn from it, as plain lines for paper or a message."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import deadlines
from .complement import find_complement_clock, list_unknowns
from .data import ORGANISATION
from .model import Report

OTHER_BODIES = "other_bodies"  # among which the practice names its processor
INVOLVED = "other_bodies_involved"
SENDER = (ORGANISATION, "address", "postcode", "city")
REPLY_TO = "contact_email"

ASKED = (
    "Des informations nous manquent encore. Pour chacun des points suivants, merci de nous écrire ce qui est établi, "
    "ce qui est seulement supposé, et à quelle date vous pourrez préciser le reste :"
)
NOTHING_ASKED = "Merci de nous faire part de tout élément nouveau sur cette violation."


@dataclass(frozen=True)
class Letter:
    """Plain texts, in the order in which they are read. `asked` holds exactly the answers unknown at that moment."""

    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    day: str
    subject: str
    opening: tuple[str, ...]
    asked: tuple[str, ...]
    closing: tuple[str, ...]
    signature: str


def offers_letter(report: Report) -> bool:
    """Is there anybody to write to? Not without a known incident where the practice says that nobody else is in it."""
    involved = report.data.answers.get(INVOLVED, {}).get("value")
    return report.data.revision is not None or involved is not False


def write_letter_to_vendor(report: Report) -> Letter:
    """The letter that asks the processor for what is « inconnu à ce stade » in this dossier now."""
    zone = report.data.zone
    return Letter(
        sender=list_sender_lines(report),
        recipient=list_recipient_lines(report),
        day=deadlines.describe_day(report.now.astimezone(zone)),
        subject=f"violation de données{name_incident(report)}, demande d'informations",
        opening=tuple(write_opening(report)),
        asked=tuple(name for name, _ in list_unknowns(report)),
        closing=tuple(write_closing(report)),
        signature=report.organisation,
    )


def name_incident(report: Report) -> str:
    return f" « {report.incident_title} »" if report.incident_title else ""


def list_sender_lines(report: Report) -> tuple[str, ...]:
    name, address, *town = (find_known_words(report, key) for key in SENDER)
    return tuple(filter(None, (name, address, " ".join(filter(None, town)))))


def find_known_words(report: Report, key: str) -> str:
    row = report.by_key.get(key)
    return row.text if row and row.answered and row.lines[0].kind != "unknown" else ""


def list_recipient_lines(report: Report) -> tuple[str, ...]:
    """The processor that the practice names, else the incident's vendor, else a line to fill in."""
    processor = next(list_processors(report), None)
    if processor:
        return tuple(filter(None, (processor.get(name, "") for name in ("name", "address", "contact"))))
    revision = report.data.revision
    return (revision.vendor,) if revision else ("À l'attention de notre sous-traitant",)


def list_processors(report: Report) -> Iterator[Mapping[str, Any]]:
    entry = report.data.answers.get(OTHER_BODIES, {}) if OTHER_BODIES in report.by_key else {}
    for body in entry.get("value", ()):
        if body.get("role") == "processor" and body.get("name"):
            yield body


def write_opening(report: Report) -> Iterator[str]:
    yield "Madame, Monsieur,"
    yield " ".join(filter(None, (describe_concern(report), describe_progress(report))))
    yield (
        "Le sous-traitant informe le responsable du traitement de toute violation dans les meilleurs délais après en "
        "avoir pris connaissance (RGPD, art. 33(2)), et l'aide à respecter ses obligations en la matière, compte tenu "
        "de la nature du traitement et des informations dont il dispose (RGPD, art. 28(3)(f))."
    )
    yield ASKED if report.unknowns else NOTHING_ASKED


def describe_concern(report: Report) -> str:
    """No more than what is known: who is no named processor may have nothing to do with it."""
    if next(list_processors(report), None):
        return "Vous traitez pour notre compte des données personnelles concernées par cette violation."
    return "Cette violation peut concerner des données personnelles que vous traitez pour notre compte."


def describe_progress(report: Report) -> str:
    """Where the notification stands; nothing of one that is not prepared, or is not recorded here."""
    first = report.notified
    if first is None:
        silent = report.data.filings or report.clock.state == "stopped"
        return "" if silent else "Nous préparons la notification de cette violation à la CNIL (RGPD, art. 33(1))."
    day = deadlines.describe_day(first.at.astimezone(report.data.zone))
    if find_complement_clock(report).state in ("todo", "chase"):
        return f"Nous l'avons notifiée à la CNIL le {day} et devons compléter cette notification (RGPD, art. 33(4))."
    return f"Nous l'avons notifiée à la CNIL le {day} (RGPD, art. 33(1))."


def write_closing(report: Report) -> Iterator[str]:
    yield (
        "Répondez-nous dès que possible, même partiellement : le reste pourra suivre. Des nombres et des catégories "
        "suffisent ; ne nous envoyez aucune donnée de patient en réponse à ce courrier."
    )
    if address := find_known_words(report, REPLY_TO):
        yield f"Votre réponse peut être adressée à {address}."
    yield "Veuillez agréer, Madame, Monsieur, nos salutations distinguées."
