"""Dossiers, their answers' history, and who may open them."""

from functools import cached_property, reduce
from operator import or_
from typing import Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import BooleanField, Case, F, Q, When
from django.db.models.fields.json import KT

from ..deadlines import ZONES
from ..typography import Words
from .ids import new_public_id
from .incidents import IncidentRevision
from .people import User, Viewer
from .practices import Membership, Practice


class DossierQuerySet(models.QuerySet["Dossier"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The dossiers that this viewer may open: those of the account, those of the practices in which it has a role,
        and those of no practice of which the browser holds a device grant. A practice's open by roles alone, so that a
        role taken away is the end of it."""
        ways = []
        if viewer.user:
            ways.append(Q(owner=viewer.user))
            ways.append(Q(practice__in=Membership.objects.filter(user=viewer.user).values("practice")))
        if viewer.device:
            held = Grant.objects.filter(sha256=viewer.device, kind=Grant.Kind.DEVICE, revoked_at=None)
            ways.append(Q(practice=None, pk__in=held.values("dossier")))
        return self.filter(reduce(or_, ways)) if ways else self.none()


class Dossier(models.Model):
    """The dossier of one controller for one breach. `answers` and the columns after it are written by services only."""

    public_id = models.CharField(
        "identifiant public", max_length=40, unique=True, default=new_public_id, editable=False
    )
    questionnaire = models.CharField("questionnaire", max_length=80)
    incident_revision = models.ForeignKey(
        IncidentRevision,
        verbose_name="révision de l'incident",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
    )
    owner = models.ForeignKey(
        User, verbose_name="compte", on_delete=models.PROTECT, related_name="dossiers", null=True, blank=True
    )
    practice = models.ForeignKey(
        Practice, verbose_name="cabinet", on_delete=models.PROTECT, related_name="dossiers", null=True, blank=True
    )
    group = models.ForeignKey(
        "ControllerGroup",
        verbose_name="groupe",
        on_delete=models.SET_NULL,
        related_name="dossiers",
        null=True,
        blank=True,
    )
    template_revision = models.ForeignKey(
        "SharedTemplateRevision",
        verbose_name="révision du modèle",
        on_delete=models.PROTECT,
        related_name="dossiers",
        null=True,
        blank=True,
    )
    counted = models.BooleanField("compté pour l'organisation du modèle", default=False)
    timezone = models.CharField("fuseau", max_length=40, choices=list(ZONES.items()), default="Europe/Paris")
    created_at = models.DateTimeField("créé le")
    answers = models.JSONField("réponses", default=dict)
    # by question: the text of which somebody said that it is no patient's data {"sha256", "by", "at"}
    overruled = models.JSONField("avertissements écartés", default=dict, blank=True)
    version = models.PositiveIntegerField("version", default=0)
    aware_at = models.DateTimeField("prise de connaissance (UTC)", null=True, blank=True)
    decision = models.CharField("décision", max_length=20, blank=True)  # an option's key
    # what lists order and filter by: the notification's clock, which is « running » in whatever state it runs, the
    # instant that its alarms count towards, and the place among the others (`report.listing.PLACES`)
    clock = models.CharField("délai", max_length=10, default="waiting")
    alarm_at = models.DateTimeField("fin du délai (UTC)", null=True, blank=True)
    place = models.PositiveSmallIntegerField("rang dans les listes", default=1)
    title = models.CharField("titre", max_length=250)
    organisation_name = models.CharField("dénomination", max_length=200, blank=True)
    last_saved_at = models.DateTimeField("dernier enregistrement", null=True, blank=True)
    devices = models.PositiveIntegerField("appareils numérotés", default=0)  # also those forgotten since
    # by question: the SHA-256 of the text that was typed on the teleservice, and when {"sha256", "at"}
    transcribed = models.JSONField("recopié", default=dict, blank=True)
    # by question: the fingerprint of what the practice's profile or the group last proposed here, taken or not
    offered = models.JSONField("propositions vues", default=dict, blank=True)
    warned_at = models.DateTimeField("fin de conservation annoncée le", null=True, blank=True)
    # the journal's length and last hash, so that a tail cut off is found
    journal_count = models.PositiveIntegerField("lignes du journal", default=0)
    journal_head = models.CharField("dernière empreinte du journal", max_length=64, blank=True)

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier"
        constraints = [
            models.CheckConstraint(condition=Q(timezone__in=list(ZONES)), name="dossier_timezone_is_a_zone_of_france"),
            models.CheckConstraint(
                condition=Q(owner=None) | Q(practice=None), name="dossier_is_an_account_s_or_a_practice_s"
            ),
            models.CheckConstraint(
                condition=Q(counted=False) | Q(template_revision__isnull=False), name="dossier_counted_has_a_template"
            ),
        ]

    def __str__(self) -> str:
        return Words(self.title)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def rewritten(self) -> set[str]:
        """Keys that had another answer before, in one query; only reading an answer (« Conserver ») does not count."""
        # both origins as text: PostgreSQL compares no JSON value with a text
        changes = self.changes.alias(was=KT("before__origin"), became=KT("after__origin"))
        read = Q(before__reviewed=False, after__reviewed=True, became=F("was"))
        rewrites = Case(When(read, then=False), default=True, output_field=BooleanField())
        return set(changes.filter(rewrites, before__isnull=False).values_list("key", flat=True))


class AnswerChange(models.Model):
    """One answer before and after one save: what undo, history and merging read."""

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="changes")
    version = models.PositiveIntegerField("version")
    key = models.CharField("question", max_length=80)
    before = models.JSONField("avant", null=True)
    after = models.JSONField("après", null=True)
    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)

    class Meta:
        verbose_name = "modification"
        constraints = [
            models.UniqueConstraint(fields=["dossier", "version", "key"], name="one_change_of_a_key_in_a_save"),
            models.CheckConstraint(condition=Q(version__gt=0), name="change_has_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class Grant(models.Model):
    """The right of a browser (device) or of a private link to open one dossier, or of a calendar to read its deadlines;
    only the secret's hash is kept.

    `number` names it inside its dossier without saying whose it is: « appareil 2 », « lien 1 »."""

    class Kind(models.TextChoices):
        DEVICE = "device", "appareil"
        LINK = "link", "lien privé"
        FEED = "feed", "calendrier"  # reads the deadlines, opens nothing

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="grants")
    sha256 = models.CharField("empreinte du secret", max_length=64, db_index=True)
    kind = models.CharField("sorte", max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField("numéro")
    via = models.ForeignKey("self", on_delete=models.SET_NULL, related_name="devices", null=True, blank=True)  # a link
    created_at = models.DateTimeField("créé le")
    last_used_on = models.DateField("dernier usage", null=True, blank=True)  # None: a link that nobody opened
    revoked_at = models.DateTimeField("retiré le", null=True, blank=True)

    class Meta:
        verbose_name = "droit d'accès"
        constraints = [
            models.UniqueConstraint(fields=["dossier", "sha256", "kind"], name="one_grant_for_a_secret_and_a_dossier"),
            models.UniqueConstraint(fields=["dossier", "kind", "number"], name="one_number_for_a_grant_of_a_dossier"),
            models.CheckConstraint(condition=Q(kind__in=["device", "link", "feed"]), name="grant_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
