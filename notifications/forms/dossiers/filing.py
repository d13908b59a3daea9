"""What the practice says of a filing, and why it cancels one."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms

from ...models import Filing
from ...questionnaire import Refused, comes_twice
from ...questionnaire.moments import make_instant, read_day, read_hour
from ...questionnaire.values import clean_text

TEXT, LONG = 80, 300  # as long as the columns
NOW = "now"  # record the answers as they stand
TWICE = "Cette heure est passée deux fois cette nuit-là : dites laquelle."
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


def _radios(label: str, unsaid: str, **options) -> forms.ChoiceField:
    """One choice, which nothing makes beforehand."""
    words = {"required": unsaid, "invalid_choice": "Ce choix n'est plus proposé : choisissez de nouveau."}
    return forms.ChoiceField(label=label, widget=forms.RadioSelect, error_messages=words, **options)


class FilingForm(forms.Form):
    """Cleans to `filed_at` (aware) beside the texts. Every fault is a French sentence.

    `clocks` are the zones, each with its words, of which the page asks which one is meant: no source says which one the
    receipt of the CNIL follows. Without them it is that of the dossier. `again` is (number, answers changed since) of a
    cancelled filing: what is to be recorded is then asked, too; `content` cleans to that number, or to None for the
    answers as they stand."""

    kind = forms.ChoiceField(
        label="Type de notification déposée",
        choices=[(value, label.capitalize()) for value, label in Filing.Kind.choices],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le type de notification.", "invalid_choice": "Ce type n'existe pas."},
    )
    content = _radios("Que faut-il consigner ?", "Choisissez ce qu'il faut consigner.")
    day = forms.CharField(label="Jour", widget=_control("date"), error_messages={"required": "Indiquez le jour."})
    hour = forms.CharField(label="Heure", widget=_control("time"), error_messages={"required": "Indiquez l'heure."})
    clock = _radios("De quelle heure s'agit-il ?", "Dites de quelle heure il s'agit.")
    fold = _radios(
        "Laquelle des deux ?",
        TWICE,
        required=False,
        choices=[("0", "La première, avant le changement d'heure"), ("1", "La seconde, après le changement d'heure")],
    )
    cnil_number = LineField(label="Numéro donné par la CNIL (facultatif)", limit=TEXT, required=False)
    filed_by = LineField(label="Déposée par (facultatif)", limit=TEXT, required=False)

    def __init__(self, *args, zone: ZoneInfo, now: datetime, clocks=(), again=None, **options):
        super().__init__(*args, **options)
        self.zone, self.now, self.twice = zone, now, False
        self.fields["clock"].choices = clocks
        if not clocks:
            del self.fields["clock"]
        self._offer_content(again)

    def _offer_content(self, again):
        if again is None and "content" not in self.data:
            del self.fields["content"]
            return
        number, changed = again or (0, 0)
        told = f" ({changed} {'ont' if changed > 1 else 'a'} changé depuis)" if changed else ""
        before = [(str(number), f"Ce qui avait été consigné (dépôt annulé n° {number})")] if again else []
        self.fields["content"].choices = [*before, (NOW, f"Les réponses d'aujourd'hui{told}")]

    def clean_content(self):
        said = self.cleaned_data["content"]
        return None if said == NOW else int(said)

    def clean_day(self):
        return _read(read_day, self.cleaned_data["day"])

    def clean_hour(self):
        return _read(read_hour, self.cleaned_data["hour"])

    def clean(self):
        said = self.cleaned_data
        if {"day", "hour", *({"clock"} & self.fields.keys())} <= said.keys():
            try:
                said["filed_at"] = self._instant(ZoneInfo(said.get("clock", self.zone.key)))
            except Refused as refused:
                self.add_error("hour", str(refused))
        return said

    def _instant(self, zone: ZoneInfo) -> datetime:
        said = self.cleaned_data
        instant = make_instant(said["day"], said["hour"], zone, second=said.get("fold") == "1")
        self.twice = comes_twice(instant, zone)
        if instant > self.now:
            raise Refused(AHEAD)
        if self.twice and not said.get("fold"):
            self.add_error("fold", TWICE)
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
