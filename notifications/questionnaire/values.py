"""The value of an answer: a raw one becomes the one kept, as the question's type wants, or is `Refused` in French.

Raw values come from web forms (strings), from JSON (typed) and from TOML (dates as objects); all go through here.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret, tva

from .moments import Refused, comes_twice, make_instant, read_day, read_hour, read_instant
from .schema import Question

NONE = "-"  # what a form sends for « Aucune de ces réponses »
BIGGEST_NUMBER = 999_999_999


@dataclass
class Context:
    """What a value is checked against: the dossier's zone and one `now`. Notices are French, for the person; `asks` is
    set when one of them asks the person something on the same page."""

    zone: ZoneInfo
    now: datetime
    notices: list[str] = field(default_factory=list)
    asks: bool = False


ANY_TIME = Context(ZoneInfo("Europe/Paris"), datetime(9999, 1, 1, tzinfo=UTC))  # what files propose has no « now »


def clean_value(question: Question, raw: Any, context: Context) -> Any:
    """Return the value kept for `raw`. Raises Refused."""
    return CLEANERS[question.type](question, raw, context)


def clean_text(raw: Any, limit: int) -> str:
    """Return plain text: NFC, `\\n` line ends, no control or direction-changing characters. Refused when too long."""
    if not isinstance(raw, str):
        raise Refused("Une réponse en texte est attendue ici.")
    if re.search("[\x00\ud800-\udfff]", raw):
        raise Refused("Ce texte contient un caractère illisible : recopiez-le sans ce caractère.")
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub("[\u202a-\u202e\u2066-\u2069]", "", text)
    text = re.sub(r"[\x01-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]", " ", text)
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > limit:
        raise Refused(
            f"Ce texte est trop long : {len(text)} caractères, pour {limit} au plus. "
            "Raccourcissez-le ; rien n'est effacé."
        )
    return text


def list_texts(value: Any) -> Iterator[str]:
    """Yield every text inside a value or an entry."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from list_texts(inner)


def _clean_text_answer(question: Question, raw: Any, context: Context) -> Any:
    if question.parts:
        return _clean_parts(question, raw)
    text = clean_text(raw, question.limit)
    if not question.long:
        text = " ".join(text.split())
    return _clean_format(question.format, text, context) if question.format and text else text


def _clean_parts(question: Question, raw: Any) -> list[dict[str, str]]:
    """Return a list of {text, origin, part?}; a bare string or a {part: text} table is the practice's own words.

    `part` is kept only where the origin alone does not say to which part the words belong."""
    if isinstance(raw, str):
        raw = [{"text": raw, "origin": "practice"}]
    elif isinstance(raw, Mapping):
        raw = [{"part": part, "text": text, "origin": "practice"} for part, text in raw.items()]
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        raise Refused("Un texte, ou une liste de parties de texte, est attendu ici.")
    if len(raw) > 20:
        raise Refused("Ce texte a trop de parties.")
    parts = []
    for item in raw:
        origin = item.get("origin", "practice")
        usual_key = question.part_for(origin)
        key = item.get("part") or usual_key
        if item.keys() - {"text", "origin", "part"} or not isinstance(origin, str):
            raise Refused("Une partie de texte a un champ inconnu.")
        if key not in [part.key for part in question.parts]:
            raise Refused(f"« {str(key)[:40]} » n'est pas une partie de ce texte.")
        part = {"text": clean_text(item.get("text", ""), question.limit), "origin": origin}
        parts.append(part if key == usual_key else {"part": key, **part})
    if sum(len(part["text"]) for part in parts) > question.limit * len(question.parts):
        raise Refused("Ce texte est trop long. Raccourcissez-le ; rien n'est effacé.")
    return [part for part in parts if part["text"]]


def _clean_format(name: str, text: str, context: Context) -> str:
    """Return a text in the format of this name. Raises Refused."""
    match name:
        case "siren":
            return _clean_siren(text, context)
        case "vat":
            try:
                return "FR" + str(tva.validate(text))
            except ValidationError:
                raise Refused(
                    "Ce numéro de TVA n'est pas valide : il commence par FR, suivi de 11 caractères."
                ) from None
        case "email":
            if re.fullmatch(r"(?=.{,254}\Z)[^\s@<>()\[\],;:\"\\]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}", text):
                return text
            raise Refused("Cette adresse électronique n'est pas lisible : écrivez par exemple nom@exemple.fr.")
        case "phone":
            digits = re.sub(r"^00", "+", re.sub(r"[\s.\-()]", "", text.replace("(0)", "")))
            if re.fullmatch(r"0[1-9][0-9]{8}|\+[1-9][0-9]{6,14}", digits):
                return " ".join(re.findall("..", digits)) if digits.startswith("0") else digits
            raise Refused(
                "Ce numéro de téléphone n'est pas lisible : écrivez par exemple 02 35 00 00 00 ou +262 262 00 00 00."
            )
        case _:  # postcode
            digits = text.replace(" ", "")
            if re.fullmatch(r"[0-9]{5}", digits):
                return digits
            raise Refused("Un code postal a 5 chiffres, par exemple 76200 ou 97400.")


def _clean_siren(text: str, context: Context) -> str:
    digits = re.sub(r"[\s.\-]", "", text)
    if len(digits) == 14:
        try:
            siret.validate(digits)
        except ValidationError:
            raise Refused(
                "Ce SIRET n'est pas valide : vérifiez ses 14 chiffres, ou donnez le SIREN (9 chiffres)."
            ) from None
        context.notices.append(
            "Vous avez donné un SIRET : nous en avons gardé les 9 premiers chiffres, qui sont le SIREN."
        )
        digits = digits[:9]
    try:
        return str(siren.validate(digits))
    except ValidationError:
        raise Refused("Ce SIREN n'est pas valide : il a 9 chiffres, vérifiez qu'aucun n'est inversé.") from None


def _clean_choice(question: Question, raw: Any, context: Context) -> str:
    if not isinstance(raw, str) or question.option(raw) is None:
        raise Refused(f"« {str(raw)[:40]} » n'est pas une réponse proposée ici.")
    return raw


def _clean_choices(question: Question, raw: Any, context: Context) -> list[str]:
    if not isinstance(raw, list) or len(raw) > 100:
        raise Refused("Une liste de réponses est attendue ici.")
    if NONE in raw:
        if len(raw) > 1:
            raise Refused("« Aucune » ne va pas avec une autre réponse : choisissez l'un ou l'autre.")
        return []
    ticked = {_clean_choice(question, each, context) for each in raw}
    return [option.key for option in question.options if option.key in ticked]


def _clean_number(question: Question, raw: Any, context: Context) -> int:
    number = raw
    if isinstance(raw, str):
        digits = re.sub("[\\s\u00a0\u202f]", "", raw)
        if not re.fullmatch(r"[0-9]{1,12}", digits):
            raise Refused("Un nombre entier est attendu ici, sans virgule ni signe, par exemple 1 500.")
        number = int(digits)
    if not isinstance(number, int) or isinstance(number, bool):
        raise Refused("Un nombre entier est attendu ici.")
    if not 0 <= number <= BIGGEST_NUMBER:
        raise Refused("Ce nombre doit être compris entre 0 et 999 999 999.")
    return number


def _clean_moment(question: Question, raw: Any, context: Context) -> str:
    """Return the ISO text of a day or an instant, as the question's type wants: a `moment` may be either, since its
    hour may not be known. Forms send {"day": …, "time": …} in the dossier's zone."""
    if isinstance(raw, Mapping) and question.type != "date":
        typed_day, hour, fold = (str(raw.get(name, "")).strip() for name in ("day", "time", "fold"))
        if not hour and question.type == "datetime":
            raise Refused("Indiquez aussi l'heure.")
        if not typed_day:
            raise Refused("Indiquez aussi le jour.")
        raw = read_day(typed_day)
        if hour:
            raw = make_instant(raw, read_hour(hour), context.zone, second=fold == "1")
            if fold not in ("0", "1") and comes_twice(raw, context.zone):
                context.asks = True
                context.notices.append(
                    f"Les horloges ont reculé cette nuit-là : {raw:%H h %M} est passé deux fois. Nous avons retenu la "
                    "première, par prudence. Si c'était la seconde, choisissez-la sous l'heure."
                )
    is_day = len(raw.strip()) <= 10 if isinstance(raw, str) else type(raw) is date
    if question.type == "date" or (question.type == "moment" and is_day):
        day = read_day(raw)
        if not question.future and day > context.now.astimezone(context.zone).date():
            raise Refused("Cette date est dans le futur : vérifiez-la.")
        return day.isoformat()
    instant = read_instant(raw)
    if not question.future and instant > context.now:
        raise Refused("Cette date et cette heure sont dans le futur : vérifiez-les.")
    return instant.isoformat()


def _clean_yes_no(question: Question, raw: Any, context: Context) -> bool:
    answer = {"yes": True, "no": False}.get(raw, raw) if isinstance(raw, str) else raw
    if not isinstance(answer, bool):
        raise Refused("Répondez par oui ou par non.")
    return answer


def _clean_group(question: Question, raw: Any, context: Context) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw) or len(raw) > 20:
        raise Refused("Une liste d'au plus 20 lignes est attendue ici.")
    fields = {each.key: each for each in question.fields}
    rows = []
    for number, item in enumerate(raw, start=1):
        if unknown := item.keys() - fields.keys():
            raise Refused(f"Ligne {number} : champ inconnu « {str(sorted(unknown)[0])[:40]} ».")
        row = {}
        for key, each in fields.items():
            if item.get(key) in (None, ""):
                continue
            try:
                row[key] = clean_value(each, item[key], context)
            except Refused as refused:
                raise Refused(f"Ligne {number}, {each.label} : {refused}") from None
        rows.append({key: value for key, value in row.items() if value != ""})
    return [row for row in rows if row]


CLEANERS: dict[str, Callable[[Question, Any, Context], Any]] = {
    "text": _clean_text_answer,
    "choice": _clean_choice,
    "choices": _clean_choices,
    "number": _clean_number,
    "date": _clean_moment,
    "moment": _clean_moment,
    "datetime": _clean_moment,
    "yes_no": _clean_yes_no,
    "group": _clean_group,
}
