"""What a role allows. Whoever may see a practice or a dossier may read all of it."""

from collections.abc import Collection

from django.db.models import QuerySet

from ...models import Dossier, Membership, Practice, Role, Viewer

WRITERS = {Role.OWNER, Role.MEMBER, Role.MANAGER}  # answer, file, ask colleagues to read
KEEPERS = {Role.OWNER, Role.MANAGER}  # the profile, new dossiers, groups, exports
WEAKEST_FIRST: list[str] = [Role.READER, Role.MEMBER, Role.MANAGER, Role.OWNER]


def role_in(viewer: Viewer, practice: Practice) -> str:
    """This viewer's role in a practice, "" without one."""
    found = Membership.objects.filter(practice=practice, user=viewer.user).values_list("role", flat=True)
    return (found.first() or "") if viewer.user else ""


def practices(viewer: Viewer, allowed: Collection[str]) -> QuerySet[Practice]:
    """The practices in which this viewer has one of these roles."""
    held = Membership.objects.filter(user=viewer.user, role__in=allowed)
    return Practice.objects.visible_to(viewer).filter(pk__in=held.values("practice"))


def may_write(viewer: Viewer, dossier: Dossier) -> bool:
    """A dossier that no practice has is written by whoever may open it."""
    return dossier.practice is None or role_in(viewer, dossier.practice) in WRITERS


def may_keep(viewer: Viewer, practice: Practice) -> bool:
    return role_in(viewer, practice) in KEEPERS


def may_govern(viewer: Viewer, practice: Practice) -> bool:
    """The team and erasing belong to the owners; to the managers as long as a practice has no owner."""
    role = role_in(viewer, practice)
    return role == Role.OWNER or (role == Role.MANAGER and not has_owner(practice))


def has_owner(practice: Practice) -> bool:
    return practice.memberships.filter(role=Role.OWNER).exists()
