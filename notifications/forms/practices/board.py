"""Choosing what the board shows, and the file from which dossiers are started."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

MOST_CHOICES = 200  # more practices than that are looked for by their name
Pairs = Sequence[tuple[str, str]]  # (value, words) of each choice

CHOOSE = "Choisissez un fichier CSV de moins de 1 Mo."


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class BoardForm(forms.Form):
    """Nothing is required, and what is not known is as if it were not said."""

    q = forms.CharField(
        label="Nom du cabinet", required=False, max_length=100, widget=forms.TextInput(attrs={"class": "form-control"})
    )
    cabinet = forms.ChoiceField(label="Cabinet", required=False, widget=_select())
    incident = forms.ChoiceField(label="Incident", required=False, widget=_select())
    filtre = forms.ChoiceField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, practices: Pairs, incidents: Pairs, states: Pairs, **options: Any):
        super().__init__(*args, **options)
        offered = {
            "cabinet": [("", "Tous les cabinets"), *practices],
            "incident": [("", "Tous les incidents"), *incidents],
            "filtre": [("", ""), *states],
        }
        for name, choices in offered.items():
            cast(forms.ChoiceField, self.fields[name]).choices = choices
        if len(practices) > MOST_CHOICES:
            self.fields["cabinet"].widget = forms.HiddenInput()


class RosterForm(forms.Form):
    file = forms.FileField(
        label="Fichier CSV",
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".csv,.txt,text/csv"}),
        error_messages={"required": CHOOSE, "empty": "Ce fichier est vide.", "missing": CHOOSE, "invalid": CHOOSE},
    )
    incident = forms.ChoiceField(label="Incident", widget=_select())
    timezone = forms.ChoiceField(label="Où se trouvent ces cabinets ?", widget=_select())
    invite = forms.BooleanField(
        label="Inviter chaque médecin",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, incidents: Pairs, zones: Pairs, **options: Any):
        super().__init__(*args, **options)
        cast(forms.ChoiceField, self.fields["incident"]).choices = [*incidents, ("-", "Sans fiche d'incident")]
        cast(forms.ChoiceField, self.fields["timezone"]).choices = list(zones)
