"""One form field for one question: what a page posts for it, and how it is shown again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from ..questionnaire import (
    NONE,
    STATUSES,
    Context,
    Entry,
    Question,
    Refused,
    Tick,
    certainty_of,
    check_entry,
    comes_twice,
    edited,
    kept,
    part_texts,
    ticked_options,
    ticks,
)
from ..report import CERTAINTY_WORDS

DRAWN_AS = {"choice": "choices", "datetime": "moment"}  # kinds whose controls are those of another
INPUT_TYPES = {"email": "email", "phone": "tel"}
INPUT_MODES = {"siren": "numeric", "postcode": "numeric"}
AUTOCOMPLETE = {"email": "email", "phone": "tel", "postcode": "postal-code"}
FIELDSETS = ("choice", "choices", "yes_no", "moment", "datetime", "group")  # several controls, one question
GROUP_ROWS = 3  # lines shown at least; a fuller group always has one more, empty

# What a page posts for one question:
# {"value", "unknown", "not_applicable", "note", "details", "certainty", "keep"}
Posted = dict[str, Any]


def shown(question: Question, entry: Entry | None) -> Posted:
    """A stored entry in the shape that a page posts."""
    entry = entry or {"state": "cleared"}
    known = entry["state"] == "known"
    value = entry.get("value") if known else None
    if question.parts:
        value = part_texts(question, entry if known else None)
    if known and question.type == "choices" and value == []:
        value = [NONE]
    return {
        "value": value,
        "unknown": entry["state"] == "unknown",
        "not_applicable": entry["state"] == "not_applicable",
        "note": entry.get("note", ""),
        "details": entry.get("details", {}),
        "certainty": {key: certainty_of(entry, key) for key in ["*", *ticked_options(entry)]},
        "keep": False,
    }


class QuestionWidget(forms.Widget):
    """The controls of one question, drawn by the template of its type."""

    def __init__(self, question: Question, zone: ZoneInfo, boxes: tuple[Tick, ...] = ()):
        super().__init__()
        self.question, self.zone, self.boxes = question, zone, boxes
        kind = "parts" if question.parts else "textarea" if question.long else question.type
        self.template_name = f"forms/{DRAWN_AS.get(kind, kind)}.html"
        self.use_fieldset = bool(question.parts) or kind in FIELDSETS

    def value_from_datadict(self, data, files, name) -> Posted:
        return {
            "value": self._value(data, name),
            "unknown": f"{name}-unknown" in data,
            "not_applicable": f"{name}-not_applicable" in data,
            "note": data.get(f"{name}-note", ""),
            "details": _by_option(data, f"{name}-detail-", self.question),
            "certainty": {k: v for k, v in _by_option(data, f"{name}-certainty-", self.question).items() if v},
            "keep": f"{name}-keep" in data,
            "ticks": {
                tick.key: data.get(f"{name}-tick-{tick.key}-date", "")
                for tick in self.boxes
                if f"{name}-tick-{tick.key}" in data
            },
        }

    def _value(self, data, name) -> Any:
        kind = self.question.type
        if self.question.parts:
            return {part.key: data.get(f"{name}-part-{part.key}", "") for part in self.question.parts}
        if kind == "choices":
            return data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        if kind in ("moment", "datetime"):
            return {part: data.get(f"{name}-{part}", "") for part in ("day", "time", "fold")}
        if kind == "group":
            return self._rows(data, name)
        return data.get(name, "")

    def _rows(self, data, name) -> list[dict[str, str]]:
        rows = []
        for number in range(20):
            row = {each.key: data.get(f"{name}-{number}-{each.key}", "") for each in self.question.fields}
            if any(text.strip() for text in row.values()):
                rows.append(row)
        return rows

    def get_context(self, name, value, attrs):
        posted = value or shown(self.question, None)
        question = self.question
        return {
            "name": name,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "described_by": (attrs or {}).get("aria-describedby", ""),
            "invalid": (attrs or {}).get("aria-invalid", ""),
            "question": question,
            "posted": posted,
            "value": posted["value"],
            "none": NONE,
            "none_ticked": posted["value"] == [NONE],
            "input_type": INPUT_TYPES.get(question.format, "text"),
            "input_mode": INPUT_MODES.get(question.format, ""),
            "autocomplete": AUTOCOMPLETE.get(question.format, ""),
            "options": self._options(posted),
            "parts": self._parts(posted),
            "rows": self._shown_rows(posted),
            "ticks": self._ticks(posted),
            "certainties": [(status, CERTAINTY_WORDS[status]) for status in STATUSES],
            "certainty": posted["certainty"].get("*", "") if not question.options else "",
            **self.day_and_time(posted["value"]),
        }

    def _options(self, posted: Posted) -> list[dict[str, Any]]:
        value = posted["value"]
        ticked = value if isinstance(value, list) else [value]
        return [
            {
                "option": option,
                "ticked": option.key in ticked,
                "detail": posted["details"].get(option.key, ""),
                "certainty": posted["certainty"].get(option.key, ""),
            }
            for option in self.question.options
        ]

    def _parts(self, posted: Posted) -> list[dict[str, Any]]:
        ticks = self._ticks(posted)
        return [
            {
                "part": part,
                "text": (posted["value"] or {}).get(part.key, ""),
                "ticks": [each for each in ticks if each["tick"].part == part.key],
            }
            for part in self.question.parts
        ]

    def _ticks(self, posted: Posted) -> list[dict[str, Any]]:
        """Each box as the text, or the page that was sent, says."""
        found = []
        for tick in self.boxes:
            text = _text_for(tick, posted["value"])
            on = tick.key in posted["ticks"] if "ticks" in posted else ticks.ticked(tick, text)
            day = posted["ticks"].get(tick.key, "") if "ticks" in posted else ticks.day_of(tick, text)
            found.append({"tick": tick, "on": on, "day": day})
        return found

    def _shown_rows(self, posted: Posted) -> list[list[tuple[Question, str]]]:
        if self.question.type != "group":
            return []
        rows = list(posted["value"] or [])
        rows += [{}] * max(1, GROUP_ROWS - len(rows))
        return [[(each, row.get(each.key, "")) for each in self.question.fields] for row in rows[:20]]

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


def _text_for(tick: Tick, value: Any) -> str:
    """The words among which a tick's sentence stands: those of its part, or all of them."""
    return str((value.get(tick.part, "") if isinstance(value, Mapping) else value) or "")


def _by_option(data, prefix: str, question: Question) -> dict[str, str]:
    keys = [option.key for option in question.options] or ["*"]
    return {key: data[prefix + key] for key in keys if prefix + key in data}


class QuestionField(forms.Field):
    """Cleans to the entry that the practice's act makes of `base` (the entry that the page was rendered from)."""

    def __init__(self, question: Question, base: Entry | None, context: Context, boxes: tuple[Tick, ...] = ()):
        self.question, self.base, self.context, self.boxes = question, base, context, boxes
        super().__init__(
            required=False,
            label=question.label,
            help_text=question.help,
            widget=QuestionWidget(question, context.zone, boxes),
            initial=shown(question, base),
        )

    def clean(self, posted: Posted) -> Entry | None:
        try:
            if self.boxes:
                posted = {**posted, "value": self._with_sentences(posted)}
            sent = check_entry(self.question, self._sent(posted), self.context)
            entry = edited(self.question, self._same_instant(sent), sent)
        except Refused as refused:
            raise forms.ValidationError(str(refused), code="refused") from None
        return kept(entry) if posted["keep"] and entry is not None and entry["state"] != "cleared" else entry

    def _sent(self, posted: Posted) -> Entry:
        """What the page says: « je ne sais pas encore » wins over a value that was there before, and a value that is
        typed wins over a tick that was there before."""
        rest = {name: posted[name] for name in ("note", "details", "certainty")}
        was = (self.base or {}).get("state")
        for state in ("unknown", "not_applicable"):
            if posted[state] and not (was == state and not _empty(posted["value"])):
                return {"state": state, "note": posted["note"]}
        if _empty(posted["value"]):
            return {"state": "cleared"}
        return {"state": "known", "value": posted["value"], **rest}

    def _with_sentences(self, posted: Posted) -> Any:
        """The text with the sentences of the boxes that were ticked or unticked on the page."""
        before = shown(self.question, self.base)["value"]
        value = dict(posted["value"]) if self.question.parts else posted["value"]
        for tick in self.boxes:
            text = _text_for(tick, value).replace("\r\n", "\n")
            text = ticks.applied(text, _text_for(tick, before), [tick], posted["ticks"])
            if self.question.parts:
                value[tick.part] = text
            else:
                value = text
        return value

    def _same_instant(self, sent: Entry) -> Entry | None:
        """The base, with its instant written as the page writes it: showing an hour in another zone, or without its
        seconds, is not an edit."""
        base = self.base
        if self.question.type not in ("moment", "datetime") or not base or base["state"] != "known":
            return base
        widget = self.widget
        if sent["state"] == "known" and widget.day_and_time(sent["value"]) == widget.day_and_time(base["value"]):
            sent["value"] = base["value"]
        return base


def _empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return not any(str(each).strip() for name, each in value.items() if name != "fold")
    return not value or (isinstance(value, str) and not value.strip())
