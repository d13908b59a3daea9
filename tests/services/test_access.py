"""Who may open a dossier: the browser that holds its secret, and nobody else."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from notifications.models import Dossier, Grant, Viewer
from notifications.services.accounts import access, secrets
from tests.dossiers import NOW
from tests.stored import everything, start_weda

TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def granted(weda_dossier):
    """(the dossier, the secret that opens it)"""
    secret = secrets.make_secret()
    access.grant_device(dossier=weda_dossier, secret=secret, now=NOW)
    return weda_dossier, secret


def seen_by(secret):
    viewer = Viewer(device=secrets.hash_secret(secret)) if secret is not None else Viewer()
    return list(Dossier.objects.visible_to(viewer))


def test_a_dossier_is_seen_by_its_own_browser_only(granted):
    dossier, secret = granted
    assert seen_by(secret) == [dossier]
    assert seen_by(secrets.make_secret()) == []


@pytest.mark.parametrize("secret", [None, ""])
def test_a_browser_without_a_secret_sees_nothing(granted, secret):
    assert seen_by(secret) == []
    assert list(Dossier.objects.visible_to(Viewer(device=""))) == []


def test_the_hash_that_the_database_holds_opens_nothing(granted):
    _, secret = granted
    assert seen_by(secrets.hash_secret(secret)) == []


def test_a_dossier_that_nobody_was_granted_is_seen_by_nobody(granted):
    _, secret = granted
    other = start_weda()
    assert other not in seen_by(secret)


def test_one_browser_may_hold_many_dossiers_each_listed_once(granted):
    dossier, secret = granted
    other = start_weda()
    access.grant_device(dossier=other, secret=secret, now=NOW)
    access.grant_device(dossier=other, secret=secrets.make_secret(), now=NOW)
    assert sorted(each.pk for each in seen_by(secret)) == [dossier.pk, other.pk]


def test_a_grant_that_was_withdrawn_opens_nothing(granted):
    _, secret = granted
    Grant.objects.update(revoked_at=NOW)
    assert seen_by(secret) == []
    assert not access.device_is_known(secrets.hash_secret(secret))


def test_a_private_link_s_secret_is_not_a_browser_s(granted):
    _, secret = granted
    Grant.objects.update(kind=Grant.Kind.LINK)
    assert seen_by(secret) == []
    assert not access.device_is_known(secrets.hash_secret(secret))


def test_withdrawing_one_browser_leaves_the_others(granted):
    dossier, secret = granted
    second = secrets.make_secret()
    access.grant_device(dossier=dossier, secret=second, now=NOW)
    Grant.objects.filter(sha256=secrets.hash_secret(secret)).update(revoked_at=NOW)
    assert (seen_by(secret), seen_by(second)) == ([], [dossier])


def test_a_browser_is_known_once_it_holds_a_dossier(weda_dossier):
    secret = secrets.make_secret()
    assert not access.device_is_known(secrets.hash_secret(secret))
    access.grant_device(dossier=weda_dossier, secret=secret, now=NOW)
    assert access.device_is_known(secrets.hash_secret(secret))
    assert not access.device_is_known(None)
    assert not access.device_is_known("")


def test_the_secret_itself_is_nowhere_in_the_database(granted):
    _, secret = granted
    assert secret not in str(everything())


def test_secrets_and_addresses_cannot_be_guessed(weda_dossier):
    made = {secrets.make_secret() for _ in range(50)}
    assert len(made) == 50
    assert min(map(len, made)) >= 43  # 256 bits, six to a character
    assert len(weda_dossier.public_id) >= 22  # 128 bits
    assert start_weda().public_id != weda_dossier.public_id


def test_the_same_browser_is_not_granted_the_same_dossier_twice(granted):
    dossier, secret = granted
    with pytest.raises(IntegrityError):
        access.grant_device(dossier=dossier, secret=secret, now=NOW)


def test_the_day_of_last_use_is_noted_for_that_browser_only(granted):
    dossier, secret = granted
    other = secrets.make_secret()
    access.grant_device(dossier=dossier, secret=other, now=NOW)
    access.note_use(device=secrets.hash_secret(secret), now=TOMORROW)
    days = {grant.sha256: grant.last_used_on for grant in Grant.objects.all()}
    assert days == {secrets.hash_secret(secret): TOMORROW.date(), secrets.hash_secret(other): NOW.date()}


def test_a_fingerprint_takes_whatever_a_cookie_may_hold():
    assert len({secrets.hash_secret(text) for text in ("", "é", "\ud800", "a" * 100_000)}) == 4
