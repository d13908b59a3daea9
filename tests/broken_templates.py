"""Files that are not a template any more: the one that ships, each with one thing broken, and words of the reason."""

import copy
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.dossiers import SEEDS

GOOD = SEEDS / "templates/exemple-weda.1.json"
BROKEN: dict[str, tuple[bytes, str]] = {}  # name: (the file, words of the reason)


def good() -> dict[str, Any]:
    return json.loads(GOOD.read_text("utf-8"))


def changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    content = good()
    change(content)
    return json.dumps(content).encode()


def put(name: str, value: Any, words: str, case: str = "") -> None:
    """One element with another value; `answers.nature` goes inside."""

    def change(content: dict[str, Any]) -> None:
        *way, last = name.split(".")
        inside = content
        for each in way:
            inside = inside[each]
        inside[last] = copy.deepcopy(value)

    BROKEN[case or f"{name} {value!r:.40}"] = (changed(change), words)


def text(old: str, new: str, words: str, case: str) -> None:
    """The file with its very text changed, for what no writer of JSON would write."""
    before = GOOD.read_text("utf-8")
    assert before.count(old) == 1, f"{old} must be there once"
    BROKEN[case] = (before.replace(old, new).encode(), words)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("exemple-weda.1.json", GOOD.read_bytes())
    return file.getvalue()


# the file
BROKEN["empty"] = (b"", "pas lisible à la ligne 1")
BROKEN["cut short"] = (GOOD.read_bytes()[:-3], "pas lisible à la ligne")
BROKEN["a byte too long"] = (GOOD.read_bytes().ljust(256 * 1024 + 1), "trop gros (256 Ko) : il peut faire 256 Ko")
BROKEN["nine levels"] = (b"[" * 9 + b"]" * 9, "trop de niveaux ou trop d'éléments (ligne 1)")
BROKEN["a million levels"] = (b"[" * 250_000, "trop de niveaux ou trop d'éléments (ligne 1)")
BROKEN["a hundred thousand elements"] = (b"[" + b"1," * 100_000 + b"1]", "trop de niveaux ou trop d'éléments")
BROKEN["UTF-16"] = (GOOD.read_text("utf-8").encode("utf-16"), "pas du texte en UTF-8")
BROKEN["a zip"] = (zipped(), "pas du texte en UTF-8")
BROKEN["a list"] = (b"[]", "pas un modèle de Breach Assistant")
text('"value": "undetermined"', '"value": NaN', "« NaN » n'est pas un nombre accepté", "NaN")
text('"number": 1', '"number": ' + "9" * 5000, "Un nombre est trop grand", "huge integer")
text('"number": 1', '"number": 1, "number": 2', "« number » est écrit deux fois", "duplicate key")
text("Première version.", "a\\u0000b", "caractère illisible (ligne", "NUL")
text("Première version.", "a\\ud83d", "caractère illisible (ligne", "lone surrogate")

# what it is
put("format", "breach-assistant/notification", "pas un modèle de Breach Assistant")
put("format_version", 2, "Cette version de fichier (2) n'est pas connue ici")
put("questionnaire", "../questionnaires/cnil-2023-07", "n'est pas connu ici")
put("__class__", "os.system", "élément inconnu « __class__ »")
BROKEN["no cover"] = (changed(lambda content: content.pop("cover")), "l'élément « cover » manque")
put("slug", "Exemple Weda", "slug : « Exemple Weda » n'a pas la forme attendue")
put("slug", "x" * 81, "n'a pas la forme attendue", "endless slug")
put("number", 0, "number : « 0 » n'a pas la forme attendue")
put("number", "1", "number : « 1 » n'a pas la forme attendue", "number as text")
put("incident.revision", True, "incident.revision : « True » n'a pas la forme attendue")
put("incident", ["weda-2025-11", 3], "incident : cet élément n'a pas la forme attendue")
put("published_at", "2026-02-30", "published_at : Une date comme 2025-11-14")
put("position.date", "hier", "position : Une date comme 2025-11-14")
put("organisation.logo", "x", "organisation : élément inconnu « logo »")

# its texts
put("cover", "<script>alert(1)</script>", "cover : Ce texte contient du code HTML", "script in the cover")
put("advice.severity", '<img src=x onerror="alert(1)">', "advice.severity : Ce texte contient du code HTML", "image")
put("summary", "<!-- <b>gras</b> -->", "summary : Ce texte contient du code HTML", "comment")
put("advice.severity", "Voir http://cnil.fr", "« http://cnil.fr » n'est pas un lien accepté")
put("advice.severity", "javascript:alert(1)", "« javascript:alert(1) » n'est pas un lien accepté")
put("advice.severity", "https://cnil.fr@example.org/", "n'est pas un lien accepté", "address with a name in front")
put("advice.severity", "https://сnil.fr/", "n'est pas un lien accepté", "address with a Cyrillic letter")
put("answers.data_categories.note", "<a href=x>", "answers.data_categories : Ce texte contient du code HTML", "link")
put("title", "x" * 121, "title : Ce texte est trop long : 121 caractères, pour 120", "endless title")
put("cover", "x" * 4001, "cover : Ce texte est trop long : 4001 caractères", "endless cover")
put("title", "Deux\nlignes", "title : ce texte tient sur une seule ligne")
put("summary", "", "summary : Ce texte manque")
put("cover", "Retourné \u202egro.live", "cover : Cet élément n'est pas écrit comme l'outil l'écrit", "reversed text")

# its answers and its advice
known = {"state": "known", "certainty": {"*": "suspected"}}
put("answers.severity", {"state": "known", "value": "limited"}, "answers.severity : Seul le cabinet peut répondre")
put("answers.aware_at", known | {"value": "2025-11-12"}, "answers.aware_at : Seul le cabinet peut répondre")
put("answers.country", known | {"value": "France"}, "answers.country : Seul le cabinet peut répondre")
put("answers.favourite_colour", known | {"value": "bleu"}, "answers.favourite_colour : cette question n'existe pas")
put("advice.favourite_colour", "Bleu.", "advice.favourite_colour : cette question n'existe pas")
put("answers.nature", known | {"value": ["theft"]}, "« theft » n'est pas une réponse proposée ici")
put("answers.nature", {"state": "known", "value": ["integrity"]}, "n'est pas écrit comme l'outil", "how sure, unsaid")
put("answers.nature", known | {"value": ["integrity"], "origin": "practice"}, "n'a pas la forme attendue", "an origin")
put("answers.nature", known | {"value": ["integrity"], "reviewed": True}, "n'a pas la forme attendue", "as if read")
put("answers.nature", {"state": "cleared"}, "answers.nature : Cette réponse ne dit rien")
put("answers.description", {"state": "known", "value": [{"text": "x", "origin": "practice"}]}, "en texte", "parts")
put("answers.description", {"state": "known", "value": {"practice": "Vu."}}, "en texte", "the practice's words")
put("answers.description", {"state": "known", "value": "x" * 3001}, "3001 caractères, pour 3000", "endless part")
put("answers.subjects_informed", known | {"value": "yes"}, "Ce que le cabinet a décidé, lui seul le sait")
put("answers", [], "answers : cet élément n'a pas la forme attendue")
put("advice.severity", ["x"], "advice.severity : Une réponse en texte est attendue ici")
