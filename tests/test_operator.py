"""The operator's file and the lengths of time: what an installation says of itself, read at start."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from breach_assistant import retention
from breach_assistant.operator import Protection, read_operator
from tests.test_settings import KEY, manage

EXAMPLE = settings.BASE_DIR / "docs/deploy/operator.toml"
PRODUCTION = {"SITE_URL": "https://example.org", "SECRET_KEY": KEY}


def written(folder: Path, text: str) -> Path:
    path = folder / "operator.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_example_that_ships_is_read_and_its_comments_are_right(tmp_path):
    found = read_operator(EXAMPLE, needed=True)
    assert (found.name, found.host.name) == ("Union exemple des médecins libéraux", "Hébergeur exemple SAS")
    assert (found.registration, found.data_protection) == ("", None)
    lines = EXAMPLE.read_text("utf-8").splitlines()
    uncommented = [line.removeprefix("# ").partition("    #")[0] for line in lines if " = " in line or "[" in line]
    whole = read_operator(written(tmp_path, "\n".join(uncommented)), needed=True)
    assert whole.registration == "RNA W691234567"
    assert whole.data_protection == Protection(
        "Dominique Exemple, délégué à la protection des données", "dpo@example.org"
    )


def test_on_ones_own_computer_there_may_be_no_file(tmp_path):
    assert read_operator(tmp_path / "operator.toml", needed=False) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("phone = ", "telephone = "), "« telephone » est inconnu"),
        (('phone = "04 00 00 00 00"\n', ""), "« phone » manque"),
        (("[host]", "[hosting]"), "« hosting » est inconnu"),
        (('address = "2 rue', 'adresse = "2 rue'), "« host.adresse » est inconnu"),
        (('"contact@example.org"', "3"), "« email » doit être une ligne de texte"),
        (('"contact@example.org"', '"  "'), "« email » doit être une ligne de texte"),
        (('"contact@example.org"', '"a\\nb"'), "« email » doit être une ligne de texte"),
        (('"contact@example.org"', f'"{"a" * 301}"'), "« email » doit être une ligne de texte"),
        (("[host]", "[[host]]"), "« host » doit être une table"),
        (("[host]", "[host"), "n'est pas du TOML en UTF-8"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence_in_both_modes(tmp_path, change, said):
    text = EXAMPLE.read_text("utf-8")
    assert change[0] in text
    for needed in (True, False):
        with pytest.raises(SystemExit) as stopped:
            read_operator(written(tmp_path, text.replace(*change, 1)), needed=needed)
        assert stopped.value.code.startswith("Breach Assistant ne démarre pas : ")
        assert said in stopped.value.code
        assert "\n" not in stopped.value.code


def test_latin_1_is_refused(tmp_path):
    path = tmp_path / "operator.toml"
    path.write_bytes(EXAMPLE.read_text("utf-8").encode("latin-1", "replace"))
    with pytest.raises(SystemExit, match="UTF-8"):
        read_operator(path, needed=False)


def test_a_public_site_starts_only_when_it_says_who_runs_it(tmp_path):
    refused = manage("check", var=tmp_path, **PRODUCTION)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Breach Assistant ne démarre pas : un site public dit qui l'exploite")
    assert refused.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
    written(tmp_path, EXAMPLE.read_text("utf-8"))
    assert manage("check", var=tmp_path, **PRODUCTION).returncode == 0


# -- lengths of time ------------------------------------------------------------------------------------


def test_lengths_may_be_changed_one_by_one():
    read = retention.read_retention(" guest=7  register=3653 ")
    assert (read.guest.days, read.register.days, read.dossier) == (7, 3653, retention.Retention().dossier)
    assert retention.read_retention("") == retention.Retention()


@pytest.mark.parametrize("text", ["guest", "guest=", "guest=0", "guest=-1", "guest=30d", "guests=30", "guest=99999"])
def test_lengths_that_are_none_are_refused(text):
    with pytest.raises(SystemExit, match="RETENTION doit être"):
        retention.read_retention(text)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "1 jour"),
        (30, "30 jours"),
        (59, "59 jours"),
        (91, "3 mois"),
        (100, "100 jours"),
        (365, "12 mois"),
        (396, "13 mois"),
        (730, "2 ans"),
        (1826, "5 ans"),
    ],
)
def test_lengths_in_words_are_whole_months_and_years_or_else_days(days, words):
    assert retention.describe_length(timedelta(days=days)) == words
