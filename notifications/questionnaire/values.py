"""One function for each type of question: a raw value becomes the value kept, or is `Refused` in French.

Raw values come from web forms (strings), from JSON (typed) and from TOML (dates as objects); all go through here.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret, tva

from .moments import Refused, at_local, comes_twice, read_day, read_hour, read_instant
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
    """The value kept for `raw`. Raises Refused."""
    return CLEANERS[question.type](question, raw, context)


def clean_text(raw: Any, limit: int) -> str:
    """Plain text: NFC, `\\n` line ends, no control or direction-changing characters. Refused when too long."""
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


def _text(question: Question, raw: Any, context: Context) -> Any:
    if question.parts:
        return _parts(question, raw)
    text = clean_text(raw, question.limit)
    if not question.long:
        text = " ".join(text.split())
    return FORMATTERS[question.format](text, context) if question.format and text else text


def _parts(question: Question, raw: Any) -> list[dict[str, str]]:
    """A list of {text, origin, part?}; a bare string or a {part: text} table is the practice's own words.

    `part` is kept only where the origin alone does not say to which part the words belong."""
    if isinstance(raw, str):
        raw = [{"text": raw, "origin": "practice"}]
    elif isinstance(raw, Mapping):
        raw = [{"part": part, "text": text, "origin": "practice"} for part, text in raw.items()]
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw):
        raise Refused("Un texte, ou une liste de parties de texte, est attendu ici.")
    if len(raw) > 20:
        raise Refused("Ce texte a trop de parties.")
    parts = [_part(question, item) for item in raw]
    if sum(len(part["text"]) for part in parts) > question.limit * len(question.parts):
        raise Refused("Ce texte est trop long. Raccourcissez-le ; rien n'est effacé.")
    return [part for part in parts if part["text"]]


def _part(question: Question, item: Mapping[str, Any]) -> dict[str, str]:
    origin = item.get("origin", "practice")
    key = item.get("part") or question.part_for(origin)
    if item.keys() - {"text", "origin", "part"} or not isinstance(origin, str):
        raise Refused("Une partie de texte a un champ inconnu.")
    if key not in [part.key for part in question.parts]:
        raise Refused(f"« {str(key)[:40]} » n'est pas une partie de ce texte.")
    part = {"text": clean_text(item.get("text", ""), question.limit), "origin": origin}
    return part if key == question.part_for(origin) else {"part": key, **part}


def _siren(text: str, context: Context) -> str:
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


def _vat(text: str, context: Context) -> str:
    try:
        return "FR" + str(tva.validate(text))
    except ValidationError:
        raise Refused("Ce numéro de TVA n'est pas valide : il commence par FR, suivi de 11 caractères.") from None


def _email(text: str, context: Context) -> str:
    if not re.fullmatch(r"[^\s@<>()\[\],;:\"\\]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}", text) or len(text) > 254:
        raise Refused("Cette adresse électronique n'est pas lisible : écrivez par exemple nom@exemple.fr.")
    return text


def _phone(text: str, context: Context) -> str:
    digits = re.sub(r"[\s.\-()]", "", text.replace("(0)", ""))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if not re.fullmatch(r"0[1-9][0-9]{8}|\+[1-9][0-9]{6,14}", digits):
        raise Refused(
            "Ce numéro de téléphone n'est pas lisible : écrivez par exemple 02 35 00 00 00 ou +262 262 00 00 00."
        )
    return " ".join(re.findall("..", digits)) if digits.startswith("0") else digits


def _postcode(text: str, context: Context) -> str:
    digits = text.replace(" ", "")
    if not re.fullmatch(r"[0-9]{5}", digits):
        raise Refused("Un code postal a 5 chiffres, par exemple 76200 ou 97400.")
    return digits


def _choice(question: Question, raw: Any, context: Context) -> str:
    if not isinstance(raw, str) or question.option(raw) is None:
        raise Refused(f"« {str(raw)[:40]} » n'est pas une réponse proposée ici.")
    return raw


def _choices(question: Question, raw: Any, context: Context) -> list[str]:
    if not isinstance(raw, list) or len(raw) > 100:
        raise Refused("Une liste de réponses est attendue ici.")
    if NONE in raw:
        if len(raw) > 1:
            raise Refused("« Aucune » ne va pas avec une autre réponse : choisissez l'un ou l'autre.")
        return []
    ticked = {_choice(question, each, context) for each in raw}
    return [option.key for option in question.options if option.key in ticked]


def _number(question: Question, raw: Any, context: Context) -> int:
    if isinstance(raw, str):
        text = re.sub("[\\s\u00a0\u202f]", "", raw)
        if not re.fullmatch(r"[0-9]{1,12}", text):
            raise Refused("Un nombre entier est attendu ici, sans virgule ni signe, par exemple 1 500.")
        raw = int(text)
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise Refused("Un nombre entier est attendu ici.")
    if not 0 <= raw <= BIGGEST_NUMBER:
        raise Refused("Ce nombre doit être compris entre 0 et 999 999 999.")
    return raw


def _date(question: Question, raw: Any, context: Context) -> str:
    day = read_day(raw)
    if not question.future and day > context.now.astimezone(context.zone).date():
        raise Refused("Cette date est dans le futur : vérifiez-la.")
    return day.isoformat()


def _moment(question: Question, raw: Any, context: Context) -> str:
    """A bare day (hour not known) or an instant; forms send {"day": …, "time": …} in the dossier's zone."""
    if isinstance(raw, Mapping):
        return _typed_moment(question, raw, context)
    if (isinstance(raw, date) and not isinstance(raw, datetime)) or (isinstance(raw, str) and len(raw.strip()) <= 10):
        return _date(question, raw, context)
    return _datetime(question, raw, context)


def _typed_moment(question: Question, raw: Mapping[str, Any], context: Context) -> str:
    day, hour = str(raw.get("day", "")).strip(), str(raw.get("time", "")).strip()
    if not day:
        raise Refused("Indiquez aussi le jour.")
    if not hour:
        return _date(question, day, context)
    which = str(raw.get("fold", ""))
    instant = at_local(read_day(day), read_hour(hour), context.zone, second=which == "1")
    if which not in ("0", "1") and comes_twice(instant, context.zone):
        context.asks = True
        context.notices.append(
            f"Les horloges ont reculé cette nuit-là : {instant:%H h %M} est passé deux fois. Nous avons retenu la "
            "première, par prudence. Si c'était la seconde, choisissez-la sous l'heure."
        )
    return _datetime(question, instant, context)


def _datetime(question: Question, raw: Any, context: Context) -> str:
    if isinstance(raw, Mapping):
        if not str(raw.get("time", "")).strip():
            raise Refused("Indiquez aussi l'heure.")
        return _typed_moment(question, raw, context)
    instant = read_instant(raw)
    if not question.future and instant > context.now:
        raise Refused("Cette date et cette heure sont dans le futur : vérifiez-les.")
    return instant.isoformat()


def _yes_no(question: Question, raw: Any, context: Context) -> bool:
    value = {"yes": True, "no": False}.get(raw, raw) if isinstance(raw, str) else raw
    if not isinstance(value, bool):
        raise Refused("Répondez par oui ou par non.")
    return value


def _group(question: Question, raw: Any, context: Context) -> list[dict[str, Any]]:
    if not isinstance(raw, list) or not all(isinstance(item, Mapping) for item in raw) or len(raw) > 20:
        raise Refused("Une liste d'au plus 20 lignes est attendue ici.")
    items = [_group_item(question, item, number, context) for number, item in enumerate(raw, start=1)]
    return [item for item in items if item]


def _group_item(question: Question, item: Mapping[str, Any], number: int, context: Context) -> dict[str, Any]:
    fields = {each.key: each for each in question.fields}
    if item.keys() - fields.keys():
        raise Refused(f"Ligne {number} : champ inconnu « {str(sorted(item.keys() - fields.keys())[0])[:40]} ».")
    cleaned = {}
    for key, each in fields.items():
        if item.get(key) in (None, ""):
            continue
        try:
            cleaned[key] = clean_value(each, item[key], context)
        except Refused as refused:
            raise Refused(f"Ligne {number}, {each.label} : {refused}") from None
    return {key: value for key, value in cleaned.items() if value != ""}


FORMATTERS: dict[str, Callable[[str, Context], str]] = {
    "siren": _siren,
    "vat": _vat,
    "email": _email,
    "phone": _phone,
    "postcode": _postcode,
}
CLEANERS: dict[str, Callable[[Question, Any, Context], Any]] = {
    "text": _text,
    "choice": _choice,
    "choices": _choices,
    "number": _number,
    "date": _date,
    "moment": _moment,
    "datetime": _datetime,
    "yes_no": _yes_no,
    "group": _group,
}
