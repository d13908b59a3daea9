"""Files that are not a dossier any more: the good one, each with one thing broken, and words of the reason given."""

import copy
import json
from collections.abc import Callable
from typing import Any

from tests.dossiers import ROOT

GOOD = ROOT / "tests/data/dossier.v1.json"
BROKEN: dict[str, tuple[bytes, str]] = {}  # name: (the file, words of the reason)
REMOVED = object()


def good() -> dict[str, Any]:
    return json.loads(GOOD.read_text("utf-8"))


def changed(change: Callable[[dict[str, Any]], Any]) -> bytes:
    content = good()
    change(content)
    return json.dumps(content).encode()


def top(name: str, value: Any, words: str, case: str) -> None:
    BROKEN[case] = (changed(lambda content: content.update({name: value})), words)


def without(name: str, words: str) -> None:
    BROKEN[f"no {name}"] = (changed(lambda content: content.pop(name)), words)


def answer(key: str, words: str, case: str, **parts: Any) -> None:
    """One entry with another value, state, origin… or a new entry."""

    def change(content: dict[str, Any]) -> None:
        entry = content["answers"].setdefault(key, {"state": "known", "origin": "practice", "reviewed": True})
        entry.update(copy.deepcopy(parts))

    BROKEN[case] = (changed(change), f"{key}: {words}")


def text(old: str, new: str, words: str, case: str) -> None:
    """The good file with its very text changed, for what no writer of JSON would write."""
    before = GOOD.read_text("utf-8")
    assert before.count(old) == 1, f"{old} must be there once"
    BROKEN[case] = (before.replace(old, new).encode(), words)


# the file
BROKEN["empty"] = (b"", "pas lisible à la ligne 1, colonne 1")
BROKEN["not JSON"] = (b"Cabinet du Dr Exemple", "pas lisible à la ligne 1, colonne 1")
BROKEN["cut short"] = (GOOD.read_bytes()[:-3], "pas lisible à la ligne")
BROKEN["UTF-16"] = (GOOD.read_text("utf-8").encode("utf-16"), "pas du texte en UTF-8")
BROKEN["Latin-1"] = (GOOD.read_text("utf-8").encode("latin-1", "replace"), "pas du texte en UTF-8")
BROKEN["a PDF"] = (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "pas du texte en UTF-8")
BROKEN["too big"] = (b'{"format": "' + b"x" * 1024 * 1024 + b'"}', "trop gros (1024 Ko)")
BROKEN["too deep"] = (b"[" * 100_000, "trop de niveaux ou trop d'éléments (ligne 1)")
BROKEN["too many nodes"] = (b"[" + b"1," * 30_000 + b"1]", "trop de niveaux ou trop d'éléments (ligne 1)")
BROKEN["a list"] = (b"[]", "pas un dossier de Breach Assistant")
text('"value": 1240', '"value": NaN', "« NaN » n'est pas un nombre accepté", "NaN")
text('"value": 1240', '"value": -Infinity', "« -Infinity » n'est pas un nombre accepté", "Infinity")
text('"value": 1240', '"value": 1240.0', "nombres à virgule", "float")
text('"value": 1240', '"value": 1e3', "nombres à virgule", "exponent")
text('"value": 1240', '"value": ' + "9" * 5000, "Un nombre est trop grand", "huge integer")
text('"value": "Exempleville"', '"value": "a", "value": "b"', "« value » est écrit deux fois", "duplicate key")
text("Exempleville", "a\\u0000b", "caractère illisible (ligne", "NUL")
text("Exempleville", "a\\ud83d", "caractère illisible (ligne", "lone surrogate")
text("Exempleville", "a\x00b", "pas lisible à la ligne", "raw NUL")

# what it is
top("format", "something/else", "pas un dossier de Breach Assistant", "wrong format")
without("format", "pas un dossier de Breach Assistant")
top("format_version", 2, "Cette version de fichier (2) n'est pas connue ici", "version to come")
top("format_version", 0, "Cette version de fichier (0) n'est pas connue ici", "version zero")
top("format_version", True, "Cette version de fichier (True) n'est pas connue ici", "version true")
top("format_version", "1", "Cette version de fichier (1) n'est pas connue ici", "version as text")
top("questionnaire", "edpb-2026-06", "Le questionnaire « edpb-2026-06 » n'est pas connu ici", "unknown questionnaire")
top("questionnaire", "../questionnaires/cnil-2023-07", "n'est pas connu ici", "path as questionnaire")
top("questionnaire", "x" * 300, "n'est pas connu ici", "endless questionnaire")
without("questionnaire", "n'est pas connu ici")
top("surprise", 1, "Élément inconnu : « surprise »", "unknown element")
top("incident", "weda-2025-11@3", "L'incident de ce fichier n'a pas la forme attendue", "incident as text")
top("incident", {"slug": ["weda-2025-11"], "revision": 3}, "n'a pas la forme attendue", "incident without a name")
top("incident", {"slug": "weda-2025-11", "revision": True}, "n'a pas la forme attendue", "revision true")
top("timezone", "Mars/Olympus", "n'est pas un fuseau de France", "unknown zone")
top("timezone", ["Europe/Paris"], "n'est pas un fuseau de France", "zone as list")
top("answers", [], "ne contient pas de réponses", "answers as list")
without("answers", "ne contient pas de réponses")

# its answers
answer("favourite_colour", "cette question n'existe pas", "unknown key", value="bleu")
answer("sector", "« bakery » n'est pas une réponse proposée ici", "wrong option", value="bakery")
answer("nature", "« theft » n'est pas une réponse proposée ici", "wrong option among others", value=["theft"])
answer("complaint_filed_on", "Cette date n'existe pas", "day that does not exist", value="2025-02-30")
answer("aware_at", "L'heure est donnée sans fuseau", "naive instant", value="2025-11-12T18:07:00")
answer("aware_at", "Cette date et cette heure sont dans le futur", "future instant", value="2099-01-01T00:00:00+01:00")
answer("aware_at", "Cette date est dans le futur", "future day", value="2099-01-01")
answer("person_count", "Ce nombre doit être compris entre 0", "negative count", value=-1)
answer("person_count", "Un nombre entier est attendu ici", "count as true", value=True)
answer("siren", "Ce SIREN n'est pas valide", "wrong SIREN", value="123456789")
answer("discovery", "Ce texte est trop long : 6001 caractères, pour 6000", "text too long", value="x" * 6001)
answer("city", "Une réponse en texte est attendue ici", "text as list", value=["Rouen"])
answer("city", "Cette réponse n'a pas la forme attendue", "unknown field of an entry", colour="bleu")
answer("city", "L'état de cette réponse n'est pas connu", "unknown state", state="maybe")
answer("city", "L'origine de cette réponse n'est pas connue", "unknown origin", origin="neighbour")
answer("city", "La proposition d'origine de cette réponse n'est pas connue", "unknown basis", basis="incident:x@latest")
answer("city", "Cette réponse n'a pas la forme attendue", "reviewed as text", reviewed="yes")
answer("record_count", "Une valeur est donnée pour une réponse qui n'en a pas", "unknown with a value", value=3)
answer("siren", "« Je ne sais pas encore » n'est pas possible ici", "unknown where needed", state="unknown", value=None)
answer("nature", "Le degré de certitude n'est pas connu", "bad certainty", certainty={"availability": "sure"})
answer("nature", "Le degré de certitude n'est pas connu", "certainty of no option", certainty={"theft": "claimed"})
answer("sector", "« health » n'attend pas de précision", "details on a plain option", details={"health": "cabinet"})
answer("other_bodies", "Ligne 1 : champ inconnu « colour »", "unknown field of a group", value=[{"colour": "bleu"}])
answer("other_bodies", "Une liste d'au plus 20 lignes", "too many lines", value=[{"name": "x"}] * 21)
answer("description", "Un texte, ou une liste de parties de texte, est attendu ici", "parts as texts", value=["x"])
answer("description", "L'origine de cette réponse", "part of nobody", value=[{"text": "x", "origin": "neighbour"}])
