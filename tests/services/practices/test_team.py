"""Who works in a practice: who may change that, who must stay, and invitations that admit one person once."""

import threading
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.db import connection

from notifications.models import (
    ConfirmationSent,
    Dossier,
    Invitation,
    Membership,
    Practice,
    Role,
    Subscription,
    User,
    Viewer,
)
from notifications.services import journal
from notifications.services.accounts import access
from notifications.services.alerts import feeds
from notifications.services.dossiers import saving
from notifications.services.mail.limits import BadAddress, TooOften
from notifications.services.practices import team
from tests.dossiers import NOW
from tests.signing_in import sent_mails
from tests.stored import everything, store_seeds

DAY = timedelta(days=1)
WEAKEST_FIRST = ["reader", "member", "manager", "owner"]


def account(name):
    user = User.objects.create(email=f"{name}@example.org", name=name.capitalize())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def practice_of(**roles):
    practice = Practice.objects.create(name="Cabinet des Tilleuls")
    for name, role in roles.items():
        Membership.objects.create(practice=practice, user=account(name), role=role)
    return practice


def user(name):
    return User.objects.get(email=f"{name}@example.org")


def role_of(practice, name):
    return practice.memberships.filter(user__email=f"{name}@example.org").values_list("role", flat=True).first()


def remove(practice, name, by, now=NOW):
    return team.remove(practice=practice, email=f"{name}@example.org", by=user(by), now=now)


def change(practice, name, role, by):
    return team.change_role(practice=practice, email=f"{name}@example.org", role=role, by=user(by), now=NOW)


def invite(practice, email, *, role=Role.MEMBER, by="anne", now=NOW):
    return team.invite(practice=practice, email=email, role=role, by=user(by), now=now)


def secret_in(mail):
    return mail.body.partition("/invitations/")[2].partition("/")[0]


def invited(practice, outbox, email, **said):
    invite(practice, email, **said)
    return secret_in(sent_mails(NOW)[-1])


# -- who governs ----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["jean", "zoe", "luc"])
def test_only_owners_change_the_others(by, mailoutbox):
    practice = practice_of(anne=Role.OWNER, jean=Role.MANAGER, zoe=Role.MEMBER, luc=Role.READER)
    invite(practice, "invited@example.org")
    before = everything()
    acts = [
        lambda: invite(practice, "other@example.org", by=by),
        lambda: change(practice, by, Role.OWNER, by),
        lambda: remove(practice, "anne", by),
        lambda: team.revoke(practice=practice, email="invited@example.org", by=user(by), now=NOW),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()
    assert everything() == before
    assert remove(practice, by, by), "anybody may leave"
    assert role_of(practice, by) is None


@pytest.mark.django_db
def test_the_last_owner_stays_one():
    practice = practice_of(anne=Role.OWNER, jean=Role.MANAGER)
    for act in (lambda: remove(practice, "anne", "anne"), lambda: change(practice, "anne", Role.MANAGER, "anne")):
        with pytest.raises(team.LastOwner):
            act()
    assert change(practice, "jean", Role.OWNER, "anne")
    assert remove(practice, "anne", "jean")
    with pytest.raises(team.LastOwner):
        remove(practice, "jean", "jean")


@pytest.mark.django_db
def test_an_owner_whose_account_was_disabled_does_not_count():
    practice = practice_of(anne=Role.OWNER, jean=Role.OWNER)
    User.objects.filter(name="Jean").update(is_active=False)
    with pytest.raises(team.LastOwner):
        remove(practice, "anne", "anne")


@pytest.mark.django_db
def test_without_an_owner_managers_govern_and_one_of_them_stays():
    practice = practice_of(jean=Role.MANAGER, luc=Role.READER)
    for act in (lambda: remove(practice, "jean", "jean"), lambda: change(practice, "jean", Role.READER, "jean")):
        with pytest.raises(team.LastManager):
            act()
    assert change(practice, "luc", Role.MANAGER, "jean")
    assert remove(practice, "jean", "jean")
    assert change(practice, "luc", Role.OWNER, "luc")


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_go_at_the_same_moment_leave_one():
    together = threading.Barrier(2, timeout=30)
    kept = []

    def goes(practice, name):
        try:
            together.wait()
            remove(practice, name, name)
        except team.LastOwner:
            kept.append(name)
        finally:
            connection.close()

    for round_ in range(5):
        names = [f"anne{round_}", f"jean{round_}"]
        practice = practice_of(**dict.fromkeys(names, Role.OWNER))
        threads = [threading.Thread(target=goes, args=[practice, name]) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert [each.user.email.partition("@")[0] for each in team.list_members(practice)] == kept[round_:]


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_leave_one():
    practice = practice_of(anne=Role.OWNER, jean=Role.OWNER)
    together = threading.Barrier(2, timeout=30)
    outcomes = []

    def removes(by, whom):
        together.wait()
        try:
            outcomes.append(remove(practice, whom, by))
        except PermissionDenied:
            outcomes.append("not any more")
        finally:
            connection.close()

    threads = [threading.Thread(target=removes, args=pair) for pair in (("anne", "jean"), ("jean", "anne"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(map(str, outcomes)) == ["True", "not any more"]
    assert practice.memberships.get().role == Role.OWNER


@pytest.mark.django_db
def test_who_is_removed_takes_along_what_they_offered_and_every_dossier_says_so(mailoutbox):
    store_seeds()
    practice = practice_of(anne=Role.OWNER, jean=Role.OWNER)
    other = saving.start_dossier(revision=None, timezone="Europe/Paris", by="x", now=NOW)
    dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="x", now=NOW, practice=practice)
    secret = invited(practice, mailoutbox, "friend@example.org", by="jean", role=Role.OWNER)
    change(practice, "jean", Role.MEMBER, "anne")
    remove(practice, "jean", "anne")
    assert team.offered(secret, NOW) is None
    assert not Dossier.objects.visible_to(Viewer(user=user("jean"))).exists()
    by, whom = access.account_author(user("anne")), access.account_author(user("jean"))
    lines = dossier.journal.order_by("number")
    assert [(each.event, each.keys, each.by) for each in lines][2:] == [
        ("member_role", [whom], by),
        ("member_gone", [whom], by),
    ]
    assert not other.journal.filter(event__startswith="member_").exists()
    assert journal.find_first_fault(Dossier.objects.get(pk=dossier.pk)) is None


@pytest.mark.django_db
def test_what_somebody_handed_out_ends_with_their_role(mailoutbox):
    store_seeds()
    practice = practice_of(anne=Role.OWNER, zoe=Role.OWNER)
    dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="test", now=NOW, practice=practice)
    theirs = feeds.make_feed(dossier=dossier, by=access.account_author(user("zoe")), now=NOW)
    kept = feeds.make_feed(dossier=dossier, by=access.account_author(user("anne")), now=NOW)
    secret = invited(practice, mailoutbox, "other@example.org", role=Role.OWNER, by="zoe")
    assert change(practice, "zoe", Role.MANAGER, "anne")
    assert team.offered(secret, NOW), "who manages may have invited"
    assert change(practice, "zoe", Role.READER, "anne")
    assert team.offered(secret, NOW) is None
    assert feeds.find_fed_dossier(theirs, NOW) == dossier, "who reads may read an agenda"
    assert remove(practice, "zoe", "anne")
    assert (feeds.find_fed_dossier(theirs, NOW), feeds.find_fed_dossier(kept, NOW)) == (None, dossier)
    assert dossier.journal.filter(event="feed_revoked", by=access.account_author(user("anne"))).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("waiting", ["", "zoe@example.org"])
def test_whoever_goes_is_reminded_of_nothing_more(waiting):
    store_seeds()
    practice = practice_of(anne=Role.OWNER, zoe=Role.MEMBER)
    email = "anne@example.org" if waiting else "Zoe@example.org"
    for _ in range(2):
        dossier = saving.start_dossier(revision=None, timezone="Europe/Paris", by="test", now=NOW, practice=practice)
        Subscription.objects.create(dossier=dossier, email=email, pending_email=waiting, asked_at=NOW, confirmed_at=NOW)
    Subscription.objects.filter(dossier=dossier).update(email="accueil@example.org", pending_email="")
    assert remove(practice, "zoe", "zoe")
    theirs, kept = Subscription.objects.order_by("pk")
    assert (kept.email, kept.ended_at) == ("accueil@example.org", None)
    assert theirs.pending_email == ""
    assert theirs.ended_at == (None if waiting else NOW)


# -- invitations ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_invitation_admits_whoever_reads_the_address_once(mailoutbox):
    practice = practice_of(anne=Role.OWNER)
    secret = invited(practice, mailoutbox, " Zoe@Example.org ", role=Role.READER)
    zoe, stranger = account("zoe"), account("stranger")
    unproved = User.objects.create(email="unproved@example.org")
    EmailAddress.objects.create(user=unproved, email="zoe@example.org", verified=False)
    for wrong in (stranger, unproved, user("anne")):
        assert team.accept(secret=secret, user=wrong, now=NOW) is None
    assert team.accept(secret=secret, user=zoe, now=NOW) == practice
    assert role_of(practice, "zoe") == Role.READER
    remove(practice, "zoe", "anne")
    assert team.accept(secret=secret, user=zoe, now=NOW) is None, "a secret serves once"


@pytest.mark.django_db
@pytest.mark.parametrize("had", WEAKEST_FIRST)
@pytest.mark.parametrize("offered", WEAKEST_FIRST)
def test_accepting_never_lowers_a_role(had, offered, mailoutbox):
    practice = practice_of(anne=Role.OWNER)
    secret = invited(practice, mailoutbox, "zoe@example.org", role=offered)
    Membership.objects.create(practice=practice, user=account("zoe"), role=had)
    assert team.accept(secret=secret, user=user("zoe"), now=NOW) == practice
    assert role_of(practice, "zoe") == max(had, offered, key=WEAKEST_FIRST.index)


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["revoked", "expired", "renewed", "erased"])
def test_an_invitation_ends(end, mailoutbox):
    practice, now = practice_of(anne=Role.OWNER), NOW
    secret, zoe = invited(practice, mailoutbox, "zoe@example.org"), account("zoe")
    if end == "revoked":
        assert team.revoke(practice=practice, email="zoe@example.org", by=user("anne"), now=NOW)
        assert not team.revoke(practice=practice, email="zoe@example.org", by=user("anne"), now=NOW)
    elif end == "expired":
        assert team.offered(secret, NOW + 14 * DAY - timedelta(seconds=1))
        now = NOW + 14 * DAY
    elif end == "renewed":
        newer = invited(practice, mailoutbox, "ZOE@example.org")
        assert team.offered(newer, now)
        assert team.list_waiting(practice, now).count() == 1
    else:
        practice.delete()
    assert team.offered(secret, now) is None
    assert team.accept(secret=secret, user=zoe, now=now) is None
    assert not Membership.objects.filter(user=zoe).exists()


@pytest.mark.django_db
def test_no_altered_secret_is_accepted(seeded, mailoutbox):
    practice = practice_of(anne=Role.OWNER)
    secret, zoe = invited(practice, mailoutbox, "zoe@example.org"), account("zoe")
    opened = 0
    for _ in range(1000):
        place, bit = seeded.randrange(len(secret)), 1 << seeded.randrange(7)
        wrong = secret[:place] + chr(ord(secret[place]) ^ bit) + secret[place + 1 :]
        opened += team.offered(wrong, NOW) is not None
    assert opened == 0
    assert team.accept(secret=wrong, user=zoe, now=NOW) is None
    assert len(secret) == 43  # 256 bits
    assert secret not in str(everything())
    assert team.accept(secret=secret, user=zoe, now=NOW) == practice


@pytest.mark.django_db
def test_the_mail_says_nothing_that_anybody_typed(mailoutbox, settings):
    practice = practice_of(anne=Role.OWNER)
    Practice.objects.update(name="Gagnez sur https://mechant.example")
    User.objects.update(name="Votre banque")
    secret = invited(practice, mailoutbox, "zoe@example.org", role=Role.MANAGER)
    [mail] = mailoutbox
    assert mail.to == ["zoe@example.org"]
    assert f"{settings.SITE_URL}/invitations/{secret}/\n" in mail.body
    for expected in ("anne@example.org", "gestionnaire", "14 jours"):
        assert expected in mail.body
    assert "mechant" not in str(mail.message())
    assert "banque" not in str(mail.message())
    assert mail.message()["Auto-Submitted"] == "auto-generated"


@pytest.mark.django_db
@pytest.mark.parametrize("email", ["", "a", "a@b", "a@b.fr\nBcc: c@d.fr", "a b@c.fr", '"a"@b.fr', "x" * 250 + "@b.fr"])
def test_only_an_address_is_written_to(email, mailoutbox):
    practice = practice_of(anne=Role.OWNER)
    before = everything()
    with pytest.raises(BadAddress):
        invite(practice, email)
    assert (everything(), mailoutbox) == (before, [])


@pytest.mark.django_db
def test_a_colleague_is_not_invited_again(mailoutbox):
    practice = practice_of(anne=Role.OWNER, zoe=Role.READER)
    with pytest.raises(team.AlreadyIn):
        invite(practice, "Zoe@example.org")
    assert mailoutbox == []


@pytest.mark.django_db
def test_strangers_are_not_written_to_at_will(mailoutbox, monkeypatch):
    """Neither by other practices, nor by erasing one, nor by a tag in the address, nor by withdrawing first."""
    practices = [practice_of(anne=Role.OWNER), *(Practice.objects.create(name=f"{n}") for n in range(4))]
    for practice in practices[1:]:
        Membership.objects.create(practice=practice, user=user("anne"), role=Role.OWNER)
    for practice, email in zip(practices, ("v@x.fr", "v+1@x.fr", "V@X.fr"), strict=False):
        invite(practice, email)
        practice.delete()
    with pytest.raises(TooOften):
        invite(practices[4], "v+2@x.fr")
    invite(practices[4], "w@x.fr")
    monkeypatch.setattr(team, "MOST_FOR_A_PRACTICE", 1)
    team.revoke(practice=practices[4], email="w@x.fr", by=user("anne"), now=NOW)
    with pytest.raises(TooOften):
        invite(practices[4], "y@x.fr")
    monkeypatch.setattr(team, "MOST_BY_AN_ACCOUNT", 1)
    with pytest.raises(TooOften):
        invite(practices[3], "y@x.fr")
    assert Invitation.objects.count() == 1
    invite(practices[4], "v@x.fr", now=NOW + DAY)


@pytest.mark.django_db
def test_invitations_leave_room_for_those_who_confirm_an_address(mailoutbox, monkeypatch):
    practice = practice_of(anne=Role.OWNER)
    monkeypatch.setattr(team, "MOST_AN_HOUR", 2)
    for number in range(2):
        ConfirmationSent.objects.create(address=f"{number}", at=NOW)
    with pytest.raises(TooOften):
        invite(practice, "y@x.fr")
    invite(practice, "y@x.fr", now=NOW + timedelta(hours=1))


@pytest.mark.django_db
def test_an_invitation_waits_for_a_mail_server_that_is_away(settings, mailoutbox):
    practice = practice_of(anne=Role.OWNER)
    earlier = invited(practice, mailoutbox, "zoe@example.org")
    settings.EMAIL_BACKEND = "tests.mailing.Away"
    invite(practice, "zoe@example.org", role=Role.OWNER)
    assert sent_mails(NOW)[1:] == []
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    newer = secret_in(sent_mails(NOW + timedelta(minutes=1))[1])
    assert team.offered(earlier, NOW) is None
    assert team.offered(newer, NOW).role == Role.OWNER


@pytest.mark.django_db
def test_an_invitation_that_is_withdrawn_at_once_is_not_mailed(mailoutbox):
    practice = practice_of(anne=Role.OWNER)
    invite(practice, "zoe@example.org")
    team.revoke(practice=practice, email="zoe@example.org", by=user("anne"), now=NOW)
    assert sent_mails(NOW) == []
    assert "zoe@example.org" not in str(everything()["Outgoing"])
