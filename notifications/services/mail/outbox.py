"""The outbox of all mail: one row for each message to send once. A sender claims a row with a lease, sends, and marks
it; all of this in single statements, so that no transaction is open while a mail travels.

Killed anywhere: a row that was claimed is free again after its lease, and keeps its Message-ID.

The same reminder for several dossiers of one group to one address leaves as one mail. Its rows are bound together
before it is sent for the first time, never later; from then on one statement claims or marks them all, as one row."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import IntegrityError, OperationalError
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from ...models import Dossier, Invitation, Outgoing, Subscription

Purpose = Outgoing.Purpose
# What somebody waits for at a screen, the most urgent first; all of it may be looked for every second.
URGENT = (Purpose.CODE, Purpose.CONFIRMATION, Purpose.INVITATION, Purpose.NOTICE)
WRITTEN = (Purpose.CODE, Purpose.INVITATION, Purpose.NOTICE, Purpose.RETENTION)  # beforehand, with text and recipient
LEASE = timedelta(minutes=10)  # longer than a mail may take (EMAIL_TIMEOUT for each word, EMAIL_ANSWER_TIMEOUT)
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(minutes=3)
REFUSED_AGAIN, REFUSED_FOR = timedelta(minutes=20), timedelta(hours=3)
POISON_AGAIN = timedelta(minutes=10)  # often a fault of the whole installation, soon mended
UNANSWERED_AGAIN, MOST_COPIES = timedelta(minutes=15), 3  # doubles
FARTHEST = timedelta(minutes=30)  # no delay above is longer: what is put off further was by a clock set back since
STUCK = timedelta(hours=1)  # after which somebody should look at the relay
REQUEST = "confirm-"
NEWS = "news-"
RELAY, DOMAIN = "serveur d'envoi injoignable", "refus temporaire"
REFUSED = "adresse refusée"
UNREADABLE = "message impossible à composer"
EXPIRED = "trop tard"
UNANSWERED, UNCERTAIN = "réponse du serveur perdue", "remise incertaine"
FREE = {"lease": "", "leased_until": None, "refused_since": None}
ERASED = {"email": "", "subject": "", "body": ""}
MARK_TRIES = 4  # each waits for SQLite's lock as long as any write


def make_row(
    dossier: Dossier,
    kind: str,
    deadline: datetime | None,
    email: str,
    now: datetime,
    *,
    purpose: Purpose = Purpose.REMINDER,
    settled_at: datetime | None = None,
    again: str = "",
) -> Outgoing:
    """A message about a dossier that is not stored yet. `settled_at`: not to be sent before; `again`: why the same one
    goes out once more."""
    return Outgoing(
        purpose=purpose,
        dossier=dossier,
        kind=kind,
        key=key_of(dossier, kind, deadline, again),
        deadline=deadline,
        domain=domain_of(email),
        made_at=now,
        next_at=max(now, settled_at or now),
    )


def put_mail(
    *,
    purpose: Purpose,
    email: str,
    subject: str,
    body: str,
    expires_at: datetime,
    now: datetime,
    invitation: Invitation | None = None,
) -> None:
    """Store a mail that is written already; what it says is erased once it was sent, or dropped."""
    Outgoing.objects.create(
        purpose=purpose,
        invitation=invitation,
        key=secrets.token_hex(32),
        domain=domain_of(email),
        email=email,
        subject=subject,
        body=body,
        made_at=now,
        next_at=now,
        expires_at=expires_at,
    )


def drop_expired(now: datetime) -> None:
    """Nothing that is too late is sent any more, nor kept."""
    late = _list_waiting().filter(_is_free(now), expires_at__lte=now)
    late.update(state=Outgoing.State.DROPPED, reason=EXPIRED, ended_at=now, **FREE | ERASED)


def domain_of(email: str) -> str:
    return email.rpartition("@")[2].lower()[:255]


def key_of(dossier: Dossier, kind: str, deadline: datetime | None, again: str = "") -> str:
    parts = (dossier.public_id, kind, deadline.isoformat() if deadline else "", *filter(None, [again]))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def put_rows(rows: Sequence[Outgoing], now: datetime) -> None:
    """Store messages that are not there yet, and take up again those dropped for a reason that has passed."""
    stored = {row.key: row for row in Outgoing.objects.filter(key__in=[row.key for row in rows])}
    store_rows([row for row in rows if row.key not in stored])
    for row in rows:
        dropped = stored.get(row.key)
        if dropped is None or dropped.state != Outgoing.State.DROPPED:
            continue
        newer = Subscription.objects.filter(dossier=dropped.dossier_id, confirmed_at__gt=dropped.ended_at)
        if dropped.reason != REFUSED or newer.exists():
            Outgoing.objects.filter(pk=dropped.pk, state=Outgoing.State.DROPPED).update(
                state=Outgoing.State.WAITING,
                made_at=now,
                next_at=now,
                domain=row.domain,
                ended_at=None,
                reason="",
                tries=0,
                refused_since=None,
                unanswered=0,
                bundle="",
            )


def store_rows(rows: Sequence[Outgoing]) -> None:
    """Another sender may be as far, and a dossier may be erased meanwhile: that one is left out."""
    try:
        Outgoing.objects.bulk_create(rows, ignore_conflicts=True)
    except IntegrityError:
        for each in rows:
            with suppress(IntegrityError):
                Outgoing.objects.bulk_create([each], ignore_conflicts=True)


def _list_waiting() -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(state=Outgoing.State.WAITING)


def claim_next(now: datetime, purposes: Collection[Purpose] = ()) -> Outgoing | None:
    """The next message that is due, reserved for the caller with those bound to it (`bound`); None when there is none.
    A lease or a delay longer than any that we give was set by a clock that ran ahead: it does not count."""
    while True:
        due = _list_due(now).filter(purpose__in=purposes) if purposes else _list_due(now)
        found = _order_by_urgency(due, now).select_related("dossier", "invitation").first()
        if found is None:
            return None
        before, found.lease = found.lease, secrets.token_urlsafe(16)
        mine = _select_bundle(found).filter(_is_free(now), lease=before)  # compare and set
        if mine.update(lease=found.lease, leased_until=now + LEASE):
            never_tried = not (before or found.reason or found.bundle)
            if never_tried and found.purpose not in URGENT:
                _make_bundle(found, now)
            return found


def _is_free(now: datetime) -> Q:
    return Q(leased_until=None) | Q(leased_until__lte=now) | Q(leased_until__gt=now + LEASE)


def _list_due(now: datetime) -> QuerySet[Outgoing]:
    return _list_waiting().filter(_is_free(now), Q(next_at__lte=now) | Q(next_at__gt=now + FARTHEST))


def _make_bundle(first: Outgoing, now: datetime) -> None:
    """What is due as well for the same address of the same group, and was never tried, leaves with this one."""
    group = first.dossier.group_id if first.dossier else None
    if group is None:
        return
    subscription = Subscription.objects.filter(
        dossier=first.dossier_id, confirmed_at__isnull=False, ended_at=None
    ).first()
    if subscription is None:
        return
    same = {"dossier__group": group, "dossier__subscription__email": subscription.email}
    live = {"dossier__subscription__confirmed_at__isnull": False, "dossier__subscription__ended_at": None}
    fresh = {"kind": first.kind, "lease": "", "reason": "", "bundle": ""}
    keys = list(_list_due(now).filter(**fresh, **same, **live).values_list("pk", flat=True))
    if keys:
        first.bundle = secrets.token_hex(32)
        mine = Q(pk=first.pk, lease=first.lease) | Q(_is_free(now), pk__in=keys, lease="", bundle="")  # compare and set
        _list_waiting().filter(mine).update(bundle=first.bundle, lease=first.lease, leased_until=now + LEASE)


def list_bundle(row: Outgoing) -> list[Outgoing]:
    """The claimed messages that leave with this one, itself among them."""
    if not row.bundle:
        return [row]
    return list(_select_bundle(row).filter(lease=row.lease).select_related("dossier").order_by("deadline", "pk"))


def leave_bundle(row: Outgoing) -> None:
    """This message leaves by itself: its address is no longer that of the others."""
    _release_one(row)


def _select_bundle(row: Outgoing) -> QuerySet[Outgoing]:
    return _list_waiting().filter(**({"bundle": row.bundle} if row.bundle else {"pk": row.pk}))


def _order_by_urgency(found: QuerySet[Outgoing], now: datetime) -> QuerySet[Outgoing]:
    """Codes, which end by themselves within minutes, whatever they met; then what else somebody waits for at a screen,
    the nearest end, ends that are past, news and the like; what failed goes last and by turns, so that one that always
    fails starves nobody."""
    fresh = Q(reason="")
    rank = Case(
        When(purpose=Purpose.CODE, then=Value(0)),
        When(fresh & Q(purpose__in=URGENT), then=Value(1)),
        When(fresh & Q(deadline__gte=now), then=Value(2)),
        When(fresh & Q(purpose=Purpose.REMINDER), then=Value(3)),
        When(fresh, then=Value(4)),
        default=Value(5),
        output_field=IntegerField(),
    )
    end = Case(When(fresh, then=F("deadline")))
    return found.annotate(rank=rank, end=end).order_by("rank", "end", "next_at", "pk")


def is_stuck(now: datetime) -> bool:
    """Is there a message that the relay has not taken for an hour?"""
    return _list_waiting().filter(reason=RELAY, tries__gt=0, made_at__lt=now - STUCK).exists()


def mark_sent(row: Outgoing, now: datetime, reason: str = "") -> None:
    """Tried until it is written: what is not marked is sent again."""
    for left in reversed(range(MARK_TRIES)):
        try:
            _release(row, state=Outgoing.State.SENT, ended_at=now, reason=reason, **ERASED)
        except OperationalError:
            if not left:
                raise
        else:
            return


def drop(row: Outgoing, reason: str, now: datetime) -> None:
    """This message alone is not to be sent."""
    _release_one(row, state=Outgoing.State.DROPPED, ended_at=now, reason=reason, **ERASED)


def put_off(row: Outgoing, reason: str, next_at: datetime, **changes: object) -> None:
    """Try this mail again later."""
    _release(row, next_at=next_at, tries=F("tries") + 1, reason=reason, **changes)


def mark_unanswered(row: Outgoing, now: datetime) -> None:
    """It went out and no answer came: sent again some times, the relay being well otherwise, then believed."""
    copies = row.unanswered + 1
    if copies >= MOST_COPIES:
        mark_sent(row, now, UNCERTAIN)
    else:
        put_off(row, UNANSWERED, now + UNANSWERED_AGAIN * 2**row.unanswered, unanswered=copies)


def mark_refused(row: Outgoing, now: datetime) -> None:
    """The server will not have this message. It is believed after some hours of nothing else: a relay that is set up
    wrongly for a while says the same of every address."""
    since = row.refused_since or now
    if now - since >= REFUSED_FOR:
        _release(row, state=Outgoing.State.DROPPED, ended_at=now, reason=REFUSED, **ERASED)
    else:
        put_off(row, REFUSED, now + REFUSED_AGAIN, refused_since=since)


def back_off(row: Outgoing, reason: str, now: datetime, *, everybody: bool) -> None:
    """Leave the recipient's domain alone for a while, or the whole relay. This message goes last next time, so that
    one that always fails starves nobody."""
    until = now + min(FIRST_DELAY * 2 ** min(row.tries, 10), LONGEST_DELAY)
    same = _list_waiting().exclude(lease=row.lease).filter(next_at__lt=until)
    same = same if everybody else same.filter(domain=row.domain)
    same.update(next_at=until, tries=F("tries") + 1)
    put_off(row, reason, until + timedelta(seconds=1))


def set_aside(row: Outgoing, reason: str, next_at: datetime) -> None:
    """Try this one message again later, by itself."""
    _release_one(row, next_at=next_at, tries=F("tries") + 1, reason=reason)


def _release(row: Outgoing, **changes: object) -> None:
    """A message and those bound to it, by one statement."""
    _select_bundle(row).filter(lease=row.lease).update(**FREE | changes)


def _release_one(row: Outgoing, **changes: object) -> None:
    _list_waiting().filter(pk=row.pk, lease=row.lease).update(**FREE | {"bundle": ""} | changes)
