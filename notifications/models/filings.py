"""What was filed, and the journal of a dossier."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from ..deadlines import ZONES
from .dossiers import Dossier
from .people import User, Viewer
from .practices import Membership, Practice


class Filing(models.Model):
    """What was filed with the CNIL, as it stood: an immutable snapshot. It may be cancelled, never edited."""

    class Kind(models.TextChoices):
        INITIAL = "initial", "initiale"
        COMPLEMENTARY = "complementary", "complémentaire"
        COMPLETE = "complete", "complète"

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="filings")
    number = models.PositiveIntegerField("numéro dans le dossier")
    kind = models.CharField("sorte", max_length=20, choices=Kind.choices)
    filed_at = models.DateTimeField("déposée le (UTC)")
    cnil_number = models.CharField("numéro de la CNIL", max_length=80, blank=True)
    by = models.CharField("par", max_length=80)
    recorded_at = models.DateTimeField("consignée le")
    content = models.JSONField("contenu")  # {answers, questionnaire, deadlines, filed_at, cnil_number, kind, by}
    digest = models.CharField("empreinte SHA-256 du contenu", max_length=64)
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    cancelled_by = models.CharField("annulée par", max_length=80, blank=True)
    cancel_reason = models.CharField("motif de l'annulation", max_length=300, blank=True)

    class Meta:
        verbose_name = "dépôt"
        constraints = [
            models.UniqueConstraint(fields=["dossier", "number"], name="one_number_for_a_filing_of_a_dossier"),
            models.CheckConstraint(
                condition=Q(kind__in=["initial", "complementary", "complete"]), name="filing_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    def save(self, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError("a filing is never edited")
        super().save(**options)


class JournalEntry(models.Model):
    """One line of a dossier's journal: what happened and to which keys, never a value. `hash` covers the line and the
    hash before it, so that no line can be changed, removed, moved or added without a trace."""

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="journal")
    number = models.PositiveIntegerField("numéro")
    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)
    event = models.CharField("événement", max_length=40)
    keys = models.JSONField("objets", default=list)
    hash = models.CharField("empreinte", max_length=64)

    class Meta:
        verbose_name = "ligne du journal"
        constraints = [models.UniqueConstraint(fields=["dossier", "number"], name="one_number_for_a_line_of_a_journal")]

    def __str__(self) -> str:
        return f"{self.number} {self.event}"


class Erasure(models.Model):
    """What stays of an erased dossier: one line, which names nobody."""

    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)
    lines = models.PositiveIntegerField("lignes du journal effacé")
    journal_head = models.CharField("dernière empreinte du journal effacé", max_length=64)

    class Meta:
        verbose_name = "effacement"

    def __str__(self) -> str:
        return f"{self.lines} lignes le {self.at:%Y-%m-%d}"


class RegisterLineQuerySet(models.QuerySet["RegisterLine"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The lines of the account, and those of the practices in which it has a role."""
        if not viewer.user:
            return self.none()
        practices = Membership.objects.filter(user=viewer.user).values("practice")
        return self.filter(Q(owner=viewer.user) | Q(practice__in=practices))


class RegisterLine(models.Model):
    """What stays of a closed dossier whose text is no longer kept: a line of the register of breaches (RGPD,
    art. 33(5)). Of the answers only options, counts and dates are in it, no text that somebody wrote."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="register", null=True, blank=True)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="register", null=True, blank=True)
    title = models.CharField("titre", max_length=250)
    timezone = models.CharField("fuseau", max_length=40, choices=list(ZONES.items()), default="Europe/Paris")
    aware_at = models.DateTimeField("prise de connaissance (UTC)", null=True, blank=True)
    closed_at = models.DateTimeField("dernière activité", db_index=True)
    content = models.JSONField("contenu")  # {facts, duties: [[label, …words]], filings: [{kind, filed_at, …}]}

    objects = RegisterLineQuerySet.as_manager()

    class Meta:
        verbose_name = "ligne du registre"
        constraints = [
            models.CheckConstraint(
                condition=Q(owner=None, practice__isnull=False) | Q(owner__isnull=False, practice=None),
                name="register_line_is_an_account_s_or_a_practice_s",
            ),
        ]

    def __str__(self) -> str:
        return self.title
