"""What an editor of the catalogue writes: a fact, an event, an advice, a source; one form for one row of a revision."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.text import slugify

from ...questionnaire import Context, Entry, Question, Refused
from ...questionnaire.moments import make_instant
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


def _make_line(label: str, *, limit: int = LINE, required: bool = False) -> LineField:
    return LineField(label=label, limit=limit, required=required, error_messages=UNSAID)


def _make_select(label: str, choices: Choices) -> forms.ChoiceField:
    widget = forms.Select(attrs={"class": "form-select field-medium"})
    return forms.ChoiceField(label=label, choices=list(choices), widget=widget, error_messages=UNSAID)


def _make_day(label: str, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "form-control field-short"})
    words = {**UNSAID, "invalid": "Ce jour n'existe pas."}
    return forms.DateField(label=label, required=required, widget=widget, error_messages=words)


def _make_sources(choices: Choices) -> forms.MultipleChoiceField:
    words = {**UNSAID, "required": "Citez au moins une source."}
    widget = forms.CheckboxSelectMultiple()
    return forms.MultipleChoiceField(label="Sources", choices=list(choices), widget=widget, error_messages=words)


def _merge_row(before: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row with what was typed, without its blanks; sources that stay are cited in their old order."""
    row = {**before, **typed}
    if "sources" in typed:
        kept = [source for source in before.get("sources", []) if source in typed["sources"]]
        row["sources"] = kept + [source for source in typed["sources"] if source not in kept]
    row = {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
    return {name: value for name, value in row.items() if value not in ("", None, {})}


class RowForm(forms.Form):
    """`before` is the row as it stands, {} for a further one; `build_row` gives it as it is to be. What a form does not
    ask stays as it is."""

    own: tuple[str, ...] = ()  # fields that the form reads otherwise

    def __init__(self, before: Mapping[str, Any], data: Any = None):
        self.before = dict(before)
        super().__init__(data, initial=dict(before))

    @property
    def plain(self) -> list[forms.BoundField]:
        return list(self)

    def build_row(self) -> dict[str, Any]:
        """Return the row with what was typed."""
        return _merge_row(
            self.before, {name: value for name, value in self.cleaned_data.items() if name not in self.own}
        )


class SourceForm(RowForm):
    """`taken`: identifiers of the other sources."""

    publisher = _make_line("Qui l'a publiée", required=True)
    title = _make_line("Titre, ou ce que c'est", required=True)
    address = _make_line("Adresse (https://…), si elle est en ligne", limit=500)
    date = _make_day("Date de publication")
    seen = _make_day("Sans date : jour où vous l'avez vue")
    quote = _make_line("Courte citation, mot pour mot", limit=QUOTE)
    via = _make_line("Comment nous le savons, si vous ne l'avez pas lue vous-même")

    def __init__(self, before: Mapping[str, Any], data: Any = None, *, taken: Iterable[str] = ()):
        self.taken = set(taken)
        super().__init__(before, data)

    def clean(self) -> None:
        typed = self.cleaned_data
        if not (typed.get("date") or typed.get("seen")) and not self.errors:
            self.add_error("seen", "Donnez la date de la source, ou le jour où vous l'avez vue.")

    def build_row(self) -> dict[str, Any]:
        """Return the row; a new source is given an identifier that is free."""
        key = slugify(self.cleaned_data["publisher"])[:40].replace("_", "-") or "source"
        numbered = (f"{key}-{number}" for number in range(2, len(self.taken) + 3))
        free = next(name for name in (key, *numbered) if name not in self.taken)
        return {"id": self.before.get("id") or free, **super().build_row()}


class EventForm(RowForm):
    """One line of the timeline, in the time of Paris."""

    own = ("day", "hour")
    day = _make_day("Jour", required=True)
    hour = forms.TimeField(
        label="Heure de Paris, si elle est connue",
        required=False,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time", "class": "form-control field-short"}),
        error_messages={"invalid": "Cette heure n'existe pas."},
    )
    precision = _make_select("Cette date est…", PRECISIONS)
    until = _make_day("Dernier jour d'une période")
    text = LongField(label="Ce qui s'est passé, et qui le dit")

    def __init__(self, before: Mapping[str, Any], data: Any = None, *, statuses: Choices, sources: Choices):
        super().__init__(before, data)
        self.fields |= {"status": _make_select("Degré de certitude", statuses), "sources": _make_sources(sources)}
        if at := before.get("at"):
            is_instant = len(at) > len("2025-11-10")
            hour = f"{datetime.fromisoformat(at).astimezone(PARIS):%H:%M}" if is_instant else ""
            self.initial = {**self.initial, "day": at[:10], "hour": hour}

    def clean(self) -> None:
        typed = self.cleaned_data
        is_period = typed.get("precision") == "period"
        if is_period and not typed.get("until") and not self.errors:
            self.add_error("until", "Donnez le dernier jour de la période.")
        if day := typed.get("day"):
            hour = None if is_period else typed.get("hour")
            try:
                typed["at"] = make_instant(day, hour, PARIS).isoformat() if hour else day.isoformat()
            except Refused as refused:
                self.add_error("hour", str(refused))

    def build_row(self) -> dict[str, Any]:
        """Return the row; only a period has an end."""
        row = super().build_row()
        if row["precision"] != "period":
            row.pop("until", None)
        return row


class GuidanceForm(RowForm):
    body = _make_line("Qui le conseille", required=True)
    quote = _make_line("Citation, mot pour mot", limit=QUOTE)
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
        self.fields |= {
            "kind": _make_select("Sorte de conseil", kinds),
            "about": _make_select("À propos de", subjects),
            "sources": _make_sources(sources),
        }

    def build_row(self) -> dict[str, Any]:
        """Return the row; it says that it is contrary only where it is."""
        row = super().build_row()
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
        super().__init__([asked] if asked else [], {}, context, data, ticks={})
        self.before, self.question, self.asked = dict(before), question, asked
        if asked:
            self.fields[asked.key].initial = shown(asked, entry)
        elif question:
            self.fields["value"] = LongField(label=question.label, required=False, initial=before.get("value", ""))
        around = {
            "statement": LongField(label="Le constat, en une phrase, pour la page de l'incident", required=False),
            "status": _make_select("Degré de certitude", statuses),
            "polarity": _make_select("Ce que la source dit", POLARITIES),
            "scope": _make_select("Cela concerne", SCOPES),
            "via": _make_line("Qui rapporte les propos de qui, le cas échéant"),
            "sources": _make_sources(sources),
            "correction": LongField(label="Si vous corrigez une erreur : ce qui était faux", required=False),
        }
        for name, field in around.items():
            field.initial = before.get(name, field.initial)
            self.fields[name] = field

    @property
    def plain(self) -> list[forms.BoundField]:
        """What is asked besides the answer."""
        return [self[name] for name in self.fields if not (self.asked and name == self.asked.key)]

    def clean(self) -> None:
        entry = self._get_entry()
        if self.asked and entry and entry["state"] == "unknown" and not entry.get("note"):
            self.add_error(self.asked.key, "Dites pourquoi ce n'est pas connu : la raison est imprimée.")
        typed = [entry, *map(self.cleaned_data.get, ("value", "statement")), self.before.get("suggest")]
        if not any(typed) and not self.errors:
            self.add_error("statement", "Donnez une réponse, ou écrivez le constat.")

    def _get_entry(self) -> Entry | None:
        """Return the answer that was typed, None where there is none."""
        entry: Entry | None = self.cleaned_data.get(self.asked.key) if self.asked else None
        return entry if entry and entry["state"] in ("known", "unknown") else None

    def build_row(self, today: date) -> dict[str, Any]:
        """Return the fact; a correction bears the day on which it was written. An option has a certainty of its own
        where it had one, or where it is said to be another than that of the whole."""
        typed = {name: self.cleaned_data[name] for name in self.fields if not (self.asked and name == self.asked.key)}
        answer = ("value", "unknown", "note", "details", "option_status") if self.asked else ()
        row = {name: value for name, value in self.before.items() if name not in answer}
        entry = self._get_entry()
        if entry and entry["state"] == "unknown":
            typed["unknown"] = entry["note"]
        elif entry:
            whole, own = self.before.get("status"), self.before.get("option_status", {})
            certainty = entry.get("certainty", {})
            typed |= {
                "value": entry["value"],
                "note": entry.get("note", ""),
                "details": entry.get("details", {}),
                "option_status": {
                    key: status for key, status in certainty.items() if key != "*" and (key in own or status != whole)
                },
            }
        if typed.get("value"):
            row.pop("unknown", None)
        if typed["correction"] and typed["correction"] != self.before.get("correction"):
            row["corrected_on"] = today
        return _merge_row(row, typed)
