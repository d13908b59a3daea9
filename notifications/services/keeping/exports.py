"""Everything that is kept of a practice, of a person or of a dossier, as plain data for JSON: instants in UTC, people
by their names, nothing that opens anything."""

from datetime import UTC, datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import Model

from ...models import ControllerGroup, Dossier, Filing, Invitation, Membership, Practice, RegisterLine, User, Viewer
from .. import journal
from ..accounts import access
from ..dossiers import snapshots

Data = dict[str, Any]


def export_practice(practice: Practice) -> Data:
    """Return a practice's profile, team, invitations and register."""
    memberships = practice.memberships.select_related("user").order_by("pk")
    invitations = practice.invitations.select_related("invited_by").order_by("pk")
    return {
        "format": "breach-assistant/practice",
        "name": practice.name,
        "kind": practice.get_kind_display(),
        "timezone": practice.timezone,
        **_instants(practice, "created_at"),
        "patients": practice.patients,
        "software": practice.software,
        "profile": practice.profile,
        "team": [{"name": each.user.name, "email": each.user.email, **_role(each)} for each in memberships],
        "invitations": [_invitation(each) for each in invitations],
        "register": [_register_line(each) for each in practice.register.order_by("pk")],
    }


def export_account(user: User) -> Data:
    """Return what is kept of a person besides the dossiers. Invitations are those that were sent to the address."""
    memberships = user.memberships.select_related("practice").order_by("pk")
    invitations = Invitation.objects.filter(email__iexact=user.email).select_related("practice", "invited_by")
    groups = ControllerGroup.objects.visible_to(Viewer(user=user)).filter(created_by=user).order_by("pk")
    return {
        "format": "breach-assistant/account",
        "email": user.email,
        "name": user.name,
        "joined_at": _instant(user.date_joined),
        "last_sign_in": _instant(user.last_login),
        "administers_this_site": user.is_administrator,
        "addresses": list(EmailAddress.objects.filter(user=user).order_by("pk").values("email", "verified", "primary")),
        "second_proofs": [
            {
                "kind": proof.type,
                "name": str(proof) if proof.type == Authenticator.Type.WEBAUTHN else "",
                **_instants(proof, "created_at", "last_used_at"),
            }
            for proof in Authenticator.objects.filter(user=user).order_by("pk")
        ],
        "roles": [{"practice": each.practice.name, **_role(each)} for each in memberships],
        "invitations": [{"practice": each.practice.name, **_invitation(each)} for each in invitations.order_by("pk")],
        "groups": [
            {"name": group.name, **_instants(group, "created_at"), "common_answers": group.answers} for group in groups
        ],
        "register": [_register_line(each) for each in user.register.order_by("pk")],
    }


def _role(membership: Membership) -> Data:
    return {"role": membership.get_role_display(), "since": _instant(membership.created_at)}


def _invitation(invitation: Invitation) -> Data:
    return {
        "email": invitation.email,
        "role": invitation.get_role_display(),
        "invited_by": str(invitation.invited_by or ""),
        **_instants(invitation, "created_at", "expires_at", "accepted_at", "revoked_at"),
    }


def _register_line(line: RegisterLine) -> Data:
    """Return what stays of a dossier that ended."""
    days = _instants(line, "aware_at", "closed_at")
    return {"title": line.title, "timezone": line.timezone, **days, **line.content}


# -- a dossier ------------------------------------------------------------------------------------------


def export_filing(filing: Filing) -> Data:
    """Return the snapshot, its digest, and whether it was cancelled."""
    return {
        "number": filing.number,
        **_instants(filing, "recorded_at"),
        "sha256": filing.digest,
        **_instants(filing, "cancelled_at"),
        "cancelled_by": _author(filing.cancelled_by),
        "cancel_reason": filing.cancel_reason,
        "content": filing.content,
    }


def export_journal(dossier: Dossier) -> Data:
    """Return each line as its hash was taken; the hashes can be made again from these."""
    names = ("number", "by", "event", "keys", "hash")
    return {
        "dossier": dossier.public_id,
        "lines": dossier.journal_count,
        "last_hash": dossier.journal_head,
        "journal": [
            {name: getattr(line, name) for name in names} | {"at": line.at.astimezone(UTC).isoformat()}
            for line in dossier.journal.order_by("number")
        ],
    }


def tabulate_journal(dossier: Dossier) -> list[list[object]]:
    """Return the same for a spreadsheet, in words: the titles, then a row for each line."""
    rows: list[list[object]] = [["numéro", "le (UTC)", "par", "événement", "objets", "empreinte"]]
    for line in dossier.journal.order_by("number"):
        event = journal.EVENTS.get(line.event, line.event)
        rows.append([line.number, snapshots.in_utc(line.at), _author(line.by), event, " ".join(line.keys), line.hash])
    return rows


def export_history(dossier: Dossier) -> Data:
    """Return what dossier.json does not hold: earlier answers, colleagues asked to read, the address of reminders."""
    subscription = getattr(dossier, "subscription", None)
    return {
        "title": dossier.title,
        **_instants(dossier, "created_at", "last_saved_at"),
        "changes": [
            {name: getattr(change, name) for name in ("version", "key", "before", "after")}
            | {"at": _instant(change.at), "by": _author(change.by)}
            for change in dossier.changes.order_by("version", "key")
        ],
        "proofreadings": [
            {"reader": review.name, "asked_by": _author(review.asked_by), "version": review.version}
            | _instants(review, "asked_at", "expires_at", "revoked_at", "read_at")
            for review in dossier.reviews.order_by("pk")
        ],
        "reminders": subscription
        and {name: getattr(subscription, name) for name in ("email", "pending_email")}
        | _instants(subscription, "asked_at", "confirmed_at", "ended_at"),
        "warnings_overruled": {
            key: {**warning, "by": _author(warning["by"])} for key, warning in dossier.overruled.items()
        },
        "copied": dossier.transcribed,
    }


def _author(by: str) -> str:
    return access.author_words(by, mine="")


def _instant(at: datetime | None) -> str | None:
    return snapshots.in_utc(at) if at else None


def _instants(row: Model, *names: str) -> Data:
    """Return these columns of a row, by name."""
    return {name: _instant(getattr(row, name)) for name in names}
