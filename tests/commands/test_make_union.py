"""`manage.py make_union`: an organisation and its editors, or nothing."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from notifications.models import Editor, Organisation
from notifications.services.accounts import accounts


def make(*args: str) -> str:
    out = StringIO()
    call_command("make_union", *args, stdout=out)
    return out.getvalue()


def test_it_makes_an_organisation_with_its_editors(db):
    said = make("Union des médecins", "--slug", "udm", "--contact", "udm@example.org", "--editor", "Dr.A@example.org")
    organisation = Organisation.objects.get()
    assert (organisation.name, organisation.slug, organisation.contact) == (
        "Union des médecins",
        "udm",
        "udm@example.org",
    )
    user = Editor.objects.get(organisation=organisation).user
    assert user.email == "dr.a@example.org"
    assert accounts.needs_second_factor(user)
    assert "dr.a@example.org en est éditeur" in said


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("Union", "--editor", "personne"), "personne n'est pas une adresse électronique"),
        (("Prise", "--slug", "autre"), "porte déjà ce nom"),
        (("Autre", "--slug", "prise"), "porte déjà ce nom ou cette adresse"),
        (("<b>Union</b>",), "code HTML"),
        (("…",), "Donnez le nom"),
    ],
)
def test_what_cannot_be_made_is_told_and_nothing_is_stored(db, args, words):
    make("Prise")
    with pytest.raises(CommandError, match=words):
        make(*args)
    assert Organisation.objects.count() == 1
    assert not Editor.objects.exists()
