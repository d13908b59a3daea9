"""Choosing what the board shows, and the file from which dossiers are started."""

from django import forms

MOST_CHOICES = 200  # more practices than that are looked for by their name
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

    def __init__(self, *args, practices, incidents, states, **options):
        super().__init__(*args, **options)
        self.fields["cabinet"].choices = [("", "Tous les cabinets"), *practices]
        self.fields["incident"].choices = [("", "Tous les incidents"), *incidents]
        self.fields["filtre"].choices = [("", ""), *states]
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

    def __init__(self, *args, incidents, zones, **options):
        super().__init__(*args, **options)
        self.fields["incident"].choices = [*incidents, ("-", "Sans fiche d'incident")]
        self.fields["timezone"].choices = zones
