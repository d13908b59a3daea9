"""Who works in a practice: invited by mail, admitted, given another role, gone."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from ...models import ControllerGroup, Invitation, Membership, Practice, Role, User, Viewer
from .. import journal
from ..accounts import access, roles, secrets
from ..alerts import addresses, feeds
from ..dossiers import reviews
from ..locks import lock_row
from ..mail import limits, outbox
from ..mail.limits import BadAddress, TooOften
from . import groups

FOR = timedelta(days=14)
MOST_FOR_A_PRACTICE, MOST_BY_AN_ACCOUNT, MOST_TO_AN_ADDRESS = 20, 60, 3  # a day
MOST_AN_HOUR = 150  # of all mails that nobody asked for; more are left to those who confirm an address


class AlreadyIn(Exception):
    """This person has a role in the practice."""


class LastOwner(Exception):
    """Nobody would answer for the practice any more."""


class LastManager(Exception):
    """The practice has no owner yet, and nobody would keep it any more."""


def list_members(practice: Practice) -> QuerySet[Membership]:
    return practice.memberships.select_related("user").order_by("created_at", "pk")


def list_waiting(practice: Practice, now: datetime) -> QuerySet[Invitation]:
    """The invitations that may still be accepted."""
    return _open(now).filter(practice=practice).select_related("invited_by").order_by("created_at", "pk")


def _open(now: datetime) -> QuerySet[Invitation]:
    return secrets.list_open(secrets.INVITATION, now)


# -- inviting -------------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, practice: Practice, email: str, role: str, by: User, now: datetime) -> Invitation:
    """Offer a role by a mail, whose secret alone opens the invitation: earlier ones of the practice to this address
    end. Raises PermissionDenied, BadAddress, AlreadyIn or TooOften; nothing is stored then."""
    email = limits.check_address(email).lower()
    _lock(practice)
    _must_govern(practice, by)
    if practice.memberships.filter(user__email=email).exists():
        raise AlreadyIn
    today = Invitation.objects.filter(created_at__gt=now - limits.DAY)
    limits.count_mail(
        email=email,
        salt="invitations.mailbox",
        now=now,
        most_a_day=MOST_TO_AN_ADDRESS,
        most_in_all=MOST_AN_HOUR,
        others=[
            (today.filter(practice=practice), MOST_FOR_A_PRACTICE),
            (today.filter(invited_by=by), MOST_BY_AN_ACCOUNT),
        ],
    )
    _open(now).filter(practice=practice, email=email).update(revoked_at=now)
    secret = secrets.make_secret()
    invitation = Invitation.objects.create(
        practice=practice,
        email=email,
        role=role,
        sha256=secrets.hash_secret(secret),
        invited_by=by,
        created_at=now,
        expires_at=now + FOR,
    )
    # no word of it was typed by whoever invites, so that nobody can send their own text to strangers; the practice is
    # named on the page
    context = {
        "inviter": by.email,
        "role": Role(role).label,
        "days": FOR.days,
        "link": settings.SITE_URL + reverse("invitation", args=[secret]),
        "site_url": settings.SITE_URL,
    }
    outbox.put_mail(
        purpose=outbox.Purpose.INVITATION,
        invitation=invitation,
        email=email,
        subject="Invitation à rejoindre un cabinet",
        body=render_to_string("practices/team/mail/invitation.txt", context),
        expires_at=invitation.expires_at,
        now=now,
    )
    return invitation


def invite_owners(*, found: Iterable[tuple[Practice, str]], by: User, now: datetime) -> list[Practice]:
    """Invite who answers for each practice, at this address; returns the practices for which no mail leaves."""
    failed = []
    for practice, email in found:
        try:
            invite(practice=practice, email=email, role=Role.OWNER, by=by, now=now)
        except (BadAddress, TooOften, AlreadyIn):
            failed.append(practice)
    return failed


@transaction.atomic
def revoke(*, practice: Practice, email: str, by: User, now: datetime) -> bool:
    """Take back what was offered to this address; says whether anything was waiting."""
    _must_govern(practice, by)
    return bool(_open(now).filter(practice=practice, email=email).update(revoked_at=now))


# -- accepting ------------------------------------------------------------------------------------------


def offered(secret: str, now: datetime) -> Invitation | None:
    """The invitation that this secret opens."""
    found = secrets.find_open(secrets.INVITATION, secret, now)
    return found.select_related("practice", "invited_by").first()


def is_for(invitation: Invitation, user: User) -> bool:
    """Only whoever proved to read the invited address: a forwarded mail admits nobody else."""
    return bool(EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True).exists())


@transaction.atomic
def accept(*, secret: str, user: User, now: datetime) -> Practice | None:
    """The role is this person's; one that they have is never lowered. None when the secret, or the person, is not the
    right one; a secret serves once."""
    found = offered(secret, now)
    if found is None or not is_for(found, user):
        return None
    _lock(found.practice)
    if not _open(now).filter(pk=found.pk).update(accepted_at=now):
        return None
    membership, made = Membership.objects.get_or_create(
        practice=found.practice, user=user, defaults={"role": found.role, "created_at": now}
    )
    if made:
        _tell(found.practice, "member_joined", user, user, now)
    elif max(found.role, membership.role, key=roles.WEAKEST_FIRST.index) != membership.role:
        _give(membership, found.role, user, now)
    return found.practice


# -- roles ----------------------------------------------------------------------------------------------


@transaction.atomic
def change_role(*, practice: Practice, email: str, role: str, by: User, now: datetime) -> bool:
    """Give another role to the member of this address; False when there is nothing to change. Raises PermissionDenied,
    LastOwner or LastManager."""
    _lock(practice)
    _must_govern(practice, by)
    membership = list_members(practice).filter(user__email=email).first()
    if membership is None or membership.role == role:
        return False
    if role != Role.OWNER:
        check_stays_governed(membership)
    if role not in roles.KEEPERS:
        _leave_groups(membership, by, now)
        _withdraw(membership, now)
    _give(membership, role, by, now)
    return True


@transaction.atomic
def remove(*, practice: Practice, email: str, by: User, now: datetime) -> bool:
    """End the role of the member of this address: they open nothing of the practice any more, nor does what they handed
    out, nor are they reminded of it. Anybody may remove themselves. False when there is no such member. Raises
    PermissionDenied, LastOwner or LastManager."""
    _lock(practice)
    if email != by.email:
        _must_govern(practice, by)
    membership = list_members(practice).filter(user__email=email).first()
    if membership is None:
        return False
    check_stays_governed(membership)
    _leave_groups(membership, by, now)
    membership.delete()
    _tell(practice, "member_gone", membership.user, by, now)
    if membership.user != by:
        _withdraw(membership, now)
    member, author = access.account_author(membership.user), access.account_author(by)
    for dossier in practice.dossiers.all():
        reviews.close(dossier=dossier, asked_by=member, by=author, now=now)
        feeds.close(dossier=dossier, made_by=member, by=author, now=now)
        addresses.end_to(dossier=dossier, email=membership.user.email, by=author, now=now)
    return True


def _withdraw(membership: Membership, now: datetime) -> None:
    """Take back the invitations of this person: whom they invited is not admitted by them any more."""
    _open(now).filter(practice=membership.practice_id, invited_by=membership.user).update(revoked_at=now)


def _give(membership: Membership, role: str, by: User, now: datetime) -> None:
    membership.role = role
    membership.save(update_fields=["role"])
    _tell(membership.practice, "member_role", membership.user, by, now)


def _leave_groups(membership: Membership, by: User, now: datetime) -> None:
    """Take the practice's dossiers out of groups that this person alone keeps: these would be nobody's otherwise."""
    kept = ControllerGroup.objects.visible_to(Viewer(user=membership.user))
    for dossier in membership.practice.dossiers.filter(group__in=kept.values("pk")).select_related("group"):
        if dossier.group and not groups.has_other_keeper(dossier.group, besides=membership.user):
            groups.leave_group(dossier=dossier, user=by, now=now)


def _tell(practice: Practice, event: str, user: User, by: User, now: datetime) -> None:
    """Write a line in the journal of every dossier that this person may open from now on, or no more."""
    keys, author = [access.account_author(user)], access.account_author(by)
    for dossier in practice.dossiers.only("pk", "public_id"):
        journal.append_line(dossier=dossier, event=event, keys=keys, by=author, now=now)


def _lock(practice: Practice) -> None:
    """Lock the row: of two who change a team at once, the second sees what the first one did."""
    lock_row(Practice.objects.all(), pk=practice.pk)


def _must_govern(practice: Practice, user: User) -> None:
    if not roles.may_govern(Viewer(user=user), practice):
        raise PermissionDenied


def check_stays_governed(leaving: Membership) -> None:
    """Raise LastOwner or LastManager when this member may not leave, or take a lesser role."""
    others = Membership.objects.filter(practice=leaving.practice_id, user__is_active=True).exclude(pk=leaving.pk)
    if leaving.role == Role.OWNER and not others.filter(role=Role.OWNER).exists():
        raise LastOwner
    if leaving.role == Role.MANAGER and not others.filter(role__in=[Role.OWNER, Role.MANAGER]).exists():
        raise LastManager
