"""What the practice says of a filing, and why it cancels one."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms

from ..models import Filing
from ..questionnaire import Refused
from ..questionnaire.moments import at_local, read_day, read_hour
from ..questionnaire.values import clean_text

TEXT, LONG = 80, 300  # as long as the columns
AHEAD = "Ce moment n'est pas encore passé : consignez le dépôt une fois qu'il est fait."


class LineField(forms.CharField):
    """One line of plain text, checked like every other text of a dossier."""

    def __init__(self, *, limit: int, **options):
        self.limit = limit
        super().__init__(widget=forms.TextInput(attrs={"class": "form-control", "maxlength": limit}), **options)

    def to_python(self, value):
        try:
            return " ".join(clean_text(value or "", self.limit).split())
        except Refused as refused:
            raise forms.ValidationError(str(refused)) from None


def _control(kind: str) -> forms.TextInput:
    return forms.TextInput(attrs={"type": kind, "class": "form-control field-short"})


class FilingForm(forms.Form):
    """Cleans to `filed_at` (aware, in the dossier's zone) beside the texts. Every fault is a French sentence."""

    kind = forms.ChoiceField(
        label="Type de notification déposée",
        choices=[(value, label.capitalize()) for value, label in Filing.Kind.choices],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le type de notification.", "invalid_choice": "Ce type n'existe pas."},
    )
    day = forms.CharField(label="Jour", widget=_control("date"), error_messages={"required": "Indiquez le jour."})
    hour = forms.CharField(label="Heure", widget=_control("time"), error_messages={"required": "Indiquez l'heure."})
    cnil_number = LineField(label="Numéro donné par la CNIL (facultatif)", limit=TEXT, required=False)
    filed_by = LineField(label="Déposée par (facultatif)", limit=TEXT, required=False)

    def __init__(self, *args, zone: ZoneInfo, now: datetime, **options):
        super().__init__(*args, **options)
        self.zone, self.now = zone, now

    def clean_day(self):
        return _read(read_day, self.cleaned_data["day"])

    def clean_hour(self):
        return _read(read_hour, self.cleaned_data["hour"])

    def clean(self):
        if "day" in self.cleaned_data and "hour" in self.cleaned_data:
            try:
                self.cleaned_data["filed_at"] = self._instant(self.cleaned_data["day"], self.cleaned_data["hour"])
            except Refused as refused:
                self.add_error("hour", str(refused))
        return self.cleaned_data

    def _instant(self, day, hour) -> datetime:
        instant = at_local(day, hour, self.zone)
        if instant > self.now:
            raise Refused(AHEAD)
        return instant


def _read(reader, text):
    try:
        return reader(text)
    except Refused as refused:
        raise forms.ValidationError(str(refused)) from None


class CancelForm(forms.Form):
    reason = LineField(
        label="Pourquoi annuler ?", limit=LONG, error_messages={"required": "Écrivez pourquoi vous annulez ce dépôt."}
    )
