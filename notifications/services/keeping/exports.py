"""Everything that is kept of a practice, of a person or of a dossier, as plain data for JSON: instants in UTC, people
by their names, nothing that opens anything."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from ...models import ControllerGroup, Dossier, Filing, Invitation, JournalEntry, Practice, RegisterLine, User, Viewer
from .. import journal
from ..accounts import access
from ..dossiers import snapshots

Data = dict[str, Any]


def practice(found: Practice) -> Data:
    """Its profile and its team."""
    return {
        "format": "breach-assistant/practice",
        "name": found.name,
        "kind": found.get_kind_display(),
        "timezone": found.timezone,
        "created_at": _instant(found.created_at),
        "patients": found.patients,
        "software": found.software,
        "profile": found.profile,
        "team": [
            {"name": each.user.name, "email": each.user.email, **_role(each)}
            for each in found.memberships.select_related("user").order_by("pk")
        ],
        "invitations": [_invitation(each) for each in found.invitations.select_related("invited_by").order_by("pk")],
        "register": [_register_line(each) for each in found.register.order_by("pk")],
    }


def account(user: User) -> Data:
    """What is kept of a person besides the dossiers. Invitations are those that were sent to the address."""
    invitations = Invitation.objects.filter(email__iexact=user.email).select_related("practice", "invited_by")
    roles = user.memberships.select_related("practice").order_by("pk")
    groups = ControllerGroup.objects.visible_to(Viewer(user=user)).filter(created_by=user).order_by("pk")
    return {
        "format": "breach-assistant/account",
        "email": user.email,
        "name": user.name,
        "joined_at": _instant(user.date_joined),
        "last_sign_in": _instant(user.last_login),
        "administers_this_site": user.is_administrator,
        "addresses": list(EmailAddress.objects.filter(user=user).order_by("pk").values("email", "verified", "primary")),
        "second_proofs": [_proof(each) for each in Authenticator.objects.filter(user=user).order_by("pk")],
        "roles": [{"practice": each.practice.name, **_role(each)} for each in roles],
        "invitations": [{"practice": each.practice.name, **_invitation(each)} for each in invitations.order_by("pk")],
        "groups": [
            {"name": each.name, "created_at": _instant(each.created_at), "common_answers": each.answers}
            for each in groups
        ],
        "register": [_register_line(each) for each in user.register.order_by("pk")],
    }


def _role(membership: Any) -> Data:
    return {"role": membership.get_role_display(), "since": _instant(membership.created_at)}


def _invitation(found: Invitation) -> Data:
    days = ("created_at", "expires_at", "accepted_at", "revoked_at")
    return {
        "email": found.email,
        "role": found.get_role_display(),
        "invited_by": str(found.invited_by or ""),
        **{name: _instant(getattr(found, name)) for name in days},
    }


def _proof(found: Authenticator) -> Data:
    name = str(found) if found.type == Authenticator.Type.WEBAUTHN else ""
    used, made = _instant(found.last_used_at), _instant(found.created_at)
    return {"kind": found.type, "name": name, "created_at": made, "last_used_at": used}


def _register_line(found: RegisterLine) -> Data:
    """What stays of a dossier that ended."""
    days = {name: _instant(getattr(found, name)) for name in ("aware_at", "closed_at")}
    return {"title": found.title, "timezone": found.timezone, **days, **found.content}


# -- a dossier ------------------------------------------------------------------------------------------


def filing(found: Filing) -> Data:
    """The snapshot, its digest, and whether it was cancelled."""
    return {
        "number": found.number,
        "recorded_at": _instant(found.recorded_at),
        "sha256": found.digest,
        "cancelled_at": _instant(found.cancelled_at),
        "cancelled_by": _author(found.cancelled_by),
        "cancel_reason": found.cancel_reason,
        "content": found.content,
    }


def journal_lines(dossier: Dossier) -> Data:
    """Each line as its hash was taken; the hashes can be made again from these."""
    return {
        "dossier": dossier.public_id,
        "lines": dossier.journal_count,
        "last_hash": dossier.journal_head,
        "journal": [_line(each) for each in dossier.journal.order_by("number")],
    }


def _line(line: JournalEntry) -> Data:
    said = {name: getattr(line, name) for name in ("number", "by", "event", "keys", "hash")}
    return {**said, "at": line.at.astimezone(UTC).isoformat()}


def journal_table(dossier: Dossier) -> list[list[object]]:
    """The same for a spreadsheet, in words."""
    lines: Iterable[JournalEntry] = dossier.journal.order_by("number")
    names = ("numéro", "le (UTC)", "par", "événement", "objets", "empreinte")
    return [list(names), *(_in_words(each) for each in lines)]


def _in_words(line: JournalEntry) -> list[object]:
    event = journal.EVENTS.get(line.event, line.event)
    return [line.number, snapshots.in_utc(line.at), _author(line.by), event, " ".join(line.keys), line.hash]


def history(dossier: Dossier) -> Data:
    """Earlier answers, colleagues asked to read, the address of reminders: what dossier.json does not hold."""
    subscription = getattr(dossier, "subscription", None)
    return {
        "title": dossier.title,
        "created_at": _instant(dossier.created_at),
        "last_saved_at": _instant(dossier.last_saved_at),
        "changes": [_change(each) for each in dossier.changes.order_by("version", "key").values()],
        "proofreadings": [_proofreading(each) for each in dossier.reviews.order_by("pk")],
        "reminders": _reminders(subscription) if subscription else None,
        "warnings_overruled": {key: {**each, "by": _author(each["by"])} for key, each in dossier.overruled.items()},
        "copied": dossier.transcribed,
    }


def _change(row: Mapping[str, Any]) -> Data:
    said = {name: row[name] for name in ("version", "key", "before", "after")}
    return {**said, "at": _instant(row["at"]), "by": _author(row["by"])}


def _proofreading(found: Any) -> Data:
    days = ("asked_at", "expires_at", "revoked_at", "read_at")
    said = {"reader": found.name, "asked_by": _author(found.asked_by), "version": found.version}
    return said | {name: _instant(getattr(found, name)) for name in days}


def _reminders(found: Any) -> Data:
    said = {name: getattr(found, name) for name in ("email", "pending_email")}
    return said | {name: _instant(getattr(found, name)) for name in ("asked_at", "confirmed_at", "ended_at")}


def _author(by: str) -> str:
    return access.author_words(by, mine="")


def _instant(at: datetime | None) -> str | None:
    return snapshots.in_utc(at) if at else None
