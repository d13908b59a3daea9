"""One form field for one question: what a page posts for it, and how it is shown again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from ..questionnaire import (
    NONE,
    STATUSES,
    Checkbox,
    Context,
    Entry,
    Question,
    Refused,
    apply_edit,
    check_entry,
    comes_twice,
    list_ticked,
    mark_reviewed,
    read_certainty,
    read_part_texts,
    ticks,
)
from ..report import CERTAINTY_WORDS

DRAWN_AS = {"choice": "choices", "datetime": "moment"}  # kinds whose controls are those of another
INPUT_TYPES = {"email": "email", "phone": "tel"}
INPUT_MODES = {"siren": "numeric", "postcode": "numeric"}
AUTOCOMPLETE = {"email": "email", "phone": "tel", "postcode": "postal-code"}
FIELDSETS = ("choice", "choices", "yes_no", "moment", "datetime", "group")  # several controls, one question
GROUP_ROWS, MOST_ROWS = 3, 20  # lines shown at least (a fuller group always has one more, empty), and at most

# What a page posts for one question:
# {"value", "unknown", "not_applicable", "note", "details", "certainty", "keep"}
Posted = dict[str, Any]


def shown(question: Question, entry: Entry | None) -> Posted:
    """A stored entry in the shape that a page posts."""
    entry = entry or {"state": "cleared"}
    known = entry["state"] == "known"
    value = entry.get("value") if known else None
    if question.parts:
        value = read_part_texts(question, entry if known else None)
    if known and question.type == "choices" and value == []:
        value = [NONE]
    return {
        "value": value,
        "unknown": entry["state"] == "unknown",
        "not_applicable": entry["state"] == "not_applicable",
        "note": entry.get("note", ""),
        "details": entry.get("details", {}),
        "certainty": {key: read_certainty(entry, key) for key in ["*", *list_ticked(entry)]},
        "keep": False,
    }


class QuestionWidget(forms.Widget):
    """The controls of one question, drawn by the template of its type."""

    def __init__(self, question: Question, zone: ZoneInfo, checkboxes: tuple[Checkbox, ...] = ()):
        super().__init__()
        self.question, self.zone, self.checkboxes = question, zone, checkboxes
        kind = "parts" if question.parts else "textarea" if question.long else question.type
        self.template_name = f"forms/{DRAWN_AS.get(kind, kind)}.html"
        self.use_fieldset = bool(question.parts) or kind in FIELDSETS

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Posted:
        kind = self.question.type
        options = [option.key for option in self.question.options] or ["*"]
        value: Any = data.get(name, "")
        if self.question.parts:
            value = {part.key: data.get(f"{name}-part-{part.key}", "") for part in self.question.parts}
        elif kind == "choices":
            value = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        elif kind in ("moment", "datetime"):
            value = {part: data.get(f"{name}-{part}", "") for part in ("day", "time", "fold")}
        elif kind == "group":
            rows = [
                {each.key: data.get(f"{name}-{number}-{each.key}", "") for each in self.question.fields}
                for number in range(MOST_ROWS)
            ]
            value = [row for row in rows if any(text.strip() for text in row.values())]
        certainty = {key: data.get(f"{name}-certainty-{key}", "") for key in options}
        return {
            "value": value,
            "unknown": f"{name}-unknown" in data,
            "not_applicable": f"{name}-not_applicable" in data,
            "note": data.get(f"{name}-note", ""),
            "details": {k: data[f"{name}-detail-{k}"] for k in options if f"{name}-detail-{k}" in data},
            "certainty": {key: status for key, status in certainty.items() if status},
            "keep": f"{name}-keep" in data,
            "ticks": {
                checkbox.key: data.get(f"{name}-tick-{checkbox.key}-date", "")
                for checkbox in self.checkboxes
                if f"{name}-tick-{checkbox.key}" in data
            },
        }

    def get_context(self, name: str, value: Posted | None, attrs: Mapping[str, Any] | None) -> dict[str, Any]:
        question, posted, attrs = self.question, value or shown(self.question, None), attrs or {}
        given = posted["value"]
        ticked = given if isinstance(given, list) else [given]
        checkboxes = [self.show_checkbox(checkbox, posted) for checkbox in self.checkboxes]
        rows: list[Mapping[str, str]] = []
        if question.type == "group":
            rows = [*(given or []), *[{}] * max(1, GROUP_ROWS - len(given or []))][:MOST_ROWS]
        return {
            "name": name,
            "id": attrs.get("id", f"id_{name}"),
            "described_by": attrs.get("aria-describedby", ""),
            "invalid": attrs.get("aria-invalid", ""),
            "question": question,
            "posted": posted,
            "value": given,
            "none": NONE,
            "none_ticked": given == [NONE],
            "input_type": INPUT_TYPES.get(question.format, "text"),
            "input_mode": INPUT_MODES.get(question.format, ""),
            "autocomplete": AUTOCOMPLETE.get(question.format, ""),
            "options": [
                {
                    "option": option,
                    "ticked": option.key in ticked,
                    "detail": posted["details"].get(option.key, ""),
                    "certainty": posted["certainty"].get(option.key, ""),
                }
                for option in question.options
            ],
            "parts": [
                {
                    "part": part,
                    "text": (given or {}).get(part.key, ""),
                    "ticks": [each for each in checkboxes if each["tick"].part == part.key],
                }
                for part in question.parts
            ],
            "rows": [[(each, row.get(each.key, "")) for each in question.fields] for row in rows],
            "ticks": checkboxes,
            "certainties": [(status, CERTAINTY_WORDS[status]) for status in STATUSES],
            "certainty": posted["certainty"].get("*", "") if not question.options else "",
            **self.day_and_time(given),
        }

    def show_checkbox(self, checkbox: Checkbox, posted: Posted) -> dict[str, Any]:
        """A box as the page that was sent says, else as the text does."""
        if "ticks" in posted:
            chosen = posted["ticks"]
            return {"tick": checkbox, "on": checkbox.key in chosen, "day": chosen.get(checkbox.key, "")}
        text = _text_for(checkbox, posted["value"])
        return {"tick": checkbox, "on": ticks.is_checked(checkbox, text), "day": ticks.find_day(checkbox, text)}

    def day_and_time(self, value: Any) -> dict[str, str]:
        """Day and hour apart, in the dossier's zone, as the browser's own controls want them; `fold` says which of two
        ("0" or "1") where the clocks show that hour twice, else ""."""
        if isinstance(value, Mapping):
            return {part: value.get(part, "") for part in ("day", "time", "fold")}
        if self.question.type not in ("moment", "datetime") or not value:
            return {"day": "", "time": "", "fold": ""}
        if len(value) == 10:
            return {"day": value, "time": "", "fold": ""}
        local = datetime.fromisoformat(value).astimezone(self.zone)
        fold = str(local.fold) if comes_twice(local, self.zone) else ""
        return {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", "fold": fold}


def _text_for(checkbox: Checkbox, value: Any) -> str:
    """Return the words among which a box's sentence stands: those of its part, or all of them."""
    return str((value.get(checkbox.part, "") if isinstance(value, Mapping) else value) or "")


class QuestionField(forms.Field):
    """Cleans to the entry that the practice's act makes of `base` (the entry that the page was rendered from)."""

    def __init__(self, question: Question, base: Entry | None, context: Context, checkboxes: tuple[Checkbox, ...] = ()):
        self.question, self.base, self.context, self.checkboxes = question, base, context, checkboxes
        super().__init__(
            required=False,
            label=question.label,
            help_text=question.help,
            widget=QuestionWidget(question, context.zone, checkboxes),
            initial=shown(question, base),
        )

    def clean(self, posted: Posted) -> Entry | None:
        try:
            if self.checkboxes:
                posted = {**posted, "value": self.write_sentences(posted)}
            sent = check_entry(self.question, self.read_state(posted), self.context)
            if self.question.type in ("moment", "datetime"):
                self.keep_instant(sent)
            entry = apply_edit(self.question, self.base, sent)
        except Refused as refused:
            raise forms.ValidationError(str(refused), code="refused") from None
        return mark_reviewed(entry) if posted["keep"] and entry is not None and entry["state"] != "cleared" else entry

    def read_state(self, posted: Posted) -> Entry:
        """Return what the page says: « je ne sais pas encore » wins over a value that was there before, and a value
        that is typed wins over a box that was ticked before."""
        value = posted["value"]
        if isinstance(value, Mapping):
            empty = not any(str(each).strip() for name, each in value.items() if name != "fold")
        else:
            empty = not value or (isinstance(value, str) and not value.strip())
        for state in ("unknown", "not_applicable"):
            if posted[state] and (empty or (self.base or {}).get("state") != state):
                return {"state": state, "note": posted["note"]}
        if empty:
            return {"state": "cleared"}
        return {"state": "known", **{name: posted[name] for name in ("value", "note", "details", "certainty")}}

    def write_sentences(self, posted: Posted) -> Any:
        """Return the text with the sentences of the boxes that were ticked or unticked on the page."""
        before = shown(self.question, self.base)["value"]
        value = dict(posted["value"]) if self.question.parts else posted["value"]
        for checkbox in self.checkboxes:
            text = _text_for(checkbox, value).replace("\r\n", "\n")
            text = ticks.write_boxes(text, _text_for(checkbox, before), [checkbox], posted["ticks"])
            if self.question.parts:
                value[checkbox.part] = text
            else:
                value = text
        return value

    def keep_instant(self, sent: Entry) -> None:
        """Write the instant as it is stored where the page shows the same: an hour in another zone, or without its
        seconds, is no edit."""
        if self.base and self.base["state"] == sent["state"] == "known":
            read = self.widget.day_and_time
            if read(sent["value"]) == read(self.base["value"]):
                sent["value"] = self.base["value"]
