"""What an editor of the catalogue writes: a fact, an event, an advice, a source; one form for one row of a revision."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.text import slugify

from ...questionnaire import Context, Entry, Question, Refused
from ...questionnaire.moments import at_local
from ...questionnaire.values import clean_text
from ..dossiers.filing import LineField
from ..dossiers.step import StepForm
from ..fields import shown

LINE, LONG, QUOTE = 300, 3_000, 300
PARIS = ZoneInfo("Europe/Paris")
SCOPES = [
    ("vendor", "L'éditeur ou son logiciel"),
    ("practice", "Le cabinet lui-même"),
    ("service", "L'accès au service"),
]
PRECISIONS = [("day", "Ce jour-là"), ("about", "Vers cette date ou cette heure"), ("period", "Entre deux jours")]
POLARITIES = [("present", "Que c'est le cas"), ("absent", "Que ce n'est pas le cas")]
UNSAID = {"required": "Remplissez ce champ.", "invalid_choice": "Ce choix n'est pas proposé : choisissez de nouveau."}
Choices = Iterable[tuple[str, str]]


class LongField(forms.CharField):
    """Plain text of several lines."""

    def __init__(self, *, limit: int = LONG, **options: Any):
        self.limit = limit
        attributes = {"class": "form-control", "rows": 4}
        super().__init__(widget=forms.Textarea(attrs=attributes), error_messages=UNSAID, **options)

    def to_python(self, value: Any) -> str:
        try:
            return clean_text(value or "", self.limit).replace("\r\n", "\n").strip()
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from None


def _line(label: str, *, limit: int = LINE, required: bool = False, help_text: str = "") -> LineField:
    return LineField(label=label, limit=limit, required=required, help_text=help_text, error_messages=UNSAID)


def _select(label: str, choices: Choices) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select field-medium"})
    return forms.ChoiceField(label=label, choices=list(choices), widget=widget, error_messages=UNSAID)


def _day(label: str, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control field-short"})
    words = {**UNSAID, "invalid": "Ce jour n'existe pas."}
    return forms.DateField(label=label, required=required, widget=widget, error_messages=words)


def _sources(choices: Choices) -> forms.MultipleChoiceField:
    label = "Sources"
    words = {**UNSAID, "required": "Citez au moins une source."}
    widget = forms.CheckboxSelectMultiple()
    return forms.MultipleChoiceField(label=label, choices=list(choices), widget=widget, error_messages=words)


class RowForm(forms.Form):
    """`before` is the row as it stands, {} for a further one; `row()` gives it as it is to be. What a form does not ask
    stays as it is."""

    own: tuple[str, ...] = ()  # fields that the form reads otherwise

    def __init__(self, before: Mapping[str, Any], data: Any = None):
        self.before = dict(before)
        super().__init__(data, initial=dict(before))

    @property
    def plain(self) -> list[forms.BoundField]:
        return list(self)

    def row(self) -> dict[str, Any]:
        told = {name: value for name, value in self.cleaned_data.items() if name not in self.own}
        return _without_blanks(_merged(self.before, told))


def _merged(before: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Sources that stay are cited in their old order."""
    if "sources" not in told:
        return {**before, **told}
    old, now = before.get("sources", []), told["sources"]
    kept = [each for each in old if each in now]
    return {**before, **told, "sources": kept + [each for each in now if each not in old]}


def _without_blanks(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
    return {name: value for name, value in plain.items() if value not in ("", None, {})}


class SourceForm(RowForm):
    """`taken`: identifiers of the other sources."""

    publisher = _line("Qui l'a publiée", required=True)
    title = _line("Titre, ou ce que c'est", required=True)
    address = _line("Adresse (https://…), si elle est en ligne", limit=500)
    date = _day("Date de publication")
    seen = _day("Sans date : jour où vous l'avez vue")
    quote = _line("Courte citation, mot pour mot", limit=QUOTE)
    via = _line("Comment nous le savons, si vous ne l'avez pas lue vous-même")

    def __init__(self, before: Mapping[str, Any], data: Any = None, *, taken: Iterable[str] = ()):
        self.taken = set(taken)
        super().__init__(before, data)

    def clean(self) -> None:
        said = self.cleaned_data
        if not (said.get("date") or said.get("seen")) and not self.errors:
            self.add_error("seen", "Donnez la date de la source, ou le jour où vous l'avez vue.")

    def row(self) -> dict[str, Any]:
        return {"id": self.before.get("id") or self._new_id(), **super().row()}

    def _new_id(self) -> str:
        name = slugify(self.cleaned_data["publisher"])[:40].replace("_", "-") or "source"
        others = (f"{name}-{number}" for number in range(2, len(self.taken) + 3))
        return next(each for each in (name, *others) if each not in self.taken)


class EventForm(RowForm):
    """One line of the timeline, in the time of Paris."""

    own = ("day", "hour")
    day = _day("Jour", required=True)
    hour = forms.TimeField(
        label="Heure de Paris, si elle est connue",
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "form-control field-short"}),
        error_messages={"invalid": "Cette heure n'existe pas."},
    )
    precision = _select("Cette date est…", PRECISIONS)
    until = _day("Dernier jour d'une période")
    text = LongField(label="Ce qui s'est passé, et qui le dit")

    def __init__(self, before: Mapping[str, Any], data: Any = None, *, statuses: Choices, sources: Choices):
        super().__init__(before, data)
        self.fields |= {"status": _select("Degré de certitude", statuses), "sources": _sources(sources)}
        if at := before.get("at"):
            self.initial |= {"day": at[:10], "hour": _paris(at)}

    def clean(self) -> None:
        said = self.cleaned_data
        if said.get("precision") == "period" and not said.get("until") and not self.errors:
            self.add_error("until", "Donnez le dernier jour de la période.")
        if said.get("day"):
            try:
                said["at"] = self._at(said)
            except Refused as refused:
                self.add_error("hour", str(refused))

    def _at(self, said: Mapping[str, Any]) -> str:
        if said.get("hour") and said.get("precision") != "period":
            return at_local(said["day"], said["hour"], PARIS).isoformat()
        return str(said["day"].isoformat())

    def row(self) -> dict[str, Any]:
        row = super().row()
        if row["precision"] != "period":
            row.pop("until", None)
        return row


def _paris(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(PARIS):%H:%M}" if len(at) > len("2025-11-10") else ""


class GuidanceForm(RowForm):
    body = _line("Qui le conseille", required=True)
    quote = _line("Citation, mot pour mot", limit=QUOTE)
    text = LongField(label="Ce qu'il conseille, en une phrase")
    contrary = forms.BooleanField(
        label="Contredit la ligne de l'autorité chargée des notifications",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(
        self, before: Mapping[str, Any], data: Any = None, *, kinds: Choices, subjects: Choices, sources: Choices
    ):
        super().__init__(before, data)
        self.fields |= {"kind": _select("Sorte de conseil", kinds), "about": _select("À propos de", subjects)}
        self.fields |= {"sources": _sources(sources)}

    def row(self) -> dict[str, Any]:
        row = super().row()
        return row if row.pop("contrary", False) is False else {**row, "contrary": True}


class FactForm(StepForm):
    """A fact: the answer that it proposes, drawn like the question itself (`question`, `entry`: as it stands), and what
    is said of it. Without a question it is only a statement."""

    def __init__(
        self,
        before: Mapping[str, Any],
        data: Any = None,
        *,
        question: Question | None,
        entry: Entry | None,
        context: Context,
        statuses: Choices,
        sources: Choices,
    ):
        asked = question if question and not question.parts else None
        super().__init__([asked] if asked else [], {}, context, data)
        self.before, self.question, self.asked = dict(before), question, asked
        if asked:
            self.fields[asked.key].initial = shown(asked, entry)
        elif question:
            self.fields["value"] = LongField(label=question.label, required=False, initial=before.get("value", ""))
        self.fields |= {
            "statement": LongField(label="Le constat, en une phrase, pour la page de l'incident", required=False),
            "status": _select("Degré de certitude", statuses),
            "polarity": _select("Ce que la source dit", POLARITIES),
            "scope": _select("Cela concerne", SCOPES),
            "via": _line("Qui rapporte les propos de qui, le cas échéant"),
            "sources": _sources(sources),
            "correction": LongField(label="Si vous corrigez une erreur : ce qui était faux", required=False),
        }
        for name in ("statement", "status", "polarity", "scope", "via", "sources", "correction"):
            self.fields[name].initial = before.get(name, self.fields[name].initial)

    @property
    def plain(self) -> list[forms.BoundField]:
        """What is asked besides the answer."""
        return [self[name] for name in self.fields if not (self.asked and name == self.asked.key)]

    def clean(self) -> None:
        entry = self._entry()
        if entry and entry["state"] == "unknown" and not entry.get("note"):
            self.add_error(self.asked.key, "Dites pourquoi ce n'est pas connu : la raison est imprimée.")
        said = [entry, *map(self.cleaned_data.get, ("value", "statement")), self.before.get("suggest")]
        if not any(said) and not self.errors:
            self.add_error("statement", "Donnez une réponse, ou écrivez le constat.")

    def _entry(self) -> Entry | None:
        entry = self.cleaned_data.get(self.asked.key) if self.asked else None
        return entry if entry and entry["state"] in ("known", "unknown") else None

    def row(self, today: date) -> dict[str, Any]:
        """The fact; a correction bears the day on which it was written."""
        told = {name: self.cleaned_data[name] for name in self.fields if not (self.asked and name == self.asked.key)}
        row = {name: value for name, value in self.before.items() if name not in self._answered_by()}
        row = _merged(row, told | self._answer())
        if row.get("value"):
            row.pop("unknown", None)
        if told["correction"] and told["correction"] != self.before.get("correction"):
            row["corrected_on"] = today
        return _without_blanks(row)

    def _answered_by(self) -> tuple[str, ...]:
        return ("value", "unknown", "note", "details", "option_status") if self.asked else ()

    def _answer(self) -> dict[str, Any]:
        entry = self._entry()
        if entry is None:
            return {}
        if entry["state"] == "unknown":
            return {"unknown": entry["note"]}
        rest = {
            "note": entry.get("note", ""),
            "details": entry.get("details", {}),
            "option_status": self._option_status(entry),
        }
        return {"value": entry["value"], **rest}

    def _option_status(self, entry: Entry) -> dict[str, str]:
        """What is said of an option otherwise than of the whole."""
        whole, own = self.before.get("status"), self.before.get("option_status", {})
        said = entry.get("certainty", {}).items()
        return {key: status for key, status in said if key != "*" and (key in own or status != whole)}
