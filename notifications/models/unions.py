"""Unions, their editors, the templates that they publish, and the edits of the incident catalogue."""

from typing import Self

from django.db import models
from django.db.models import Q

from ..typography import Words
from .dossiers import Dossier
from .ids import new_public_id
from .incidents import Incident, IncidentRevision
from .people import User, Viewer
from .revisions import PublishedRevision


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The organisations that this viewer edits for."""
        return self.filter(editors__user=viewer.user) if viewer.user else self.none()


class Organisation(models.Model):
    """Who publishes templates for its members."""

    class Kind(models.TextChoices):
        UNION = "union", "organisation professionnelle"

    slug = models.SlugField("adresse", max_length=80, unique=True)
    name = models.CharField("nom", max_length=120, unique=True)
    kind = models.CharField("sorte", max_length=10, choices=Kind.choices, default=Kind.UNION)
    contact = models.CharField("contact", max_length=300, blank=True)  # words, for members: who answers, and where
    created_at = models.DateTimeField("créée le")

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = "organisation"
        constraints = [models.CheckConstraint(condition=Q(kind__in=["union"]), name="organisation_kind_is_known")]

    def __str__(self) -> str:
        return Words(self.name)


class Editor(models.Model):
    """The right of a person to write and publish for an organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="editors")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="editorships")
    added_at = models.DateTimeField("depuis le")

    class Meta:
        verbose_name = "éditeur"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="one_editorship_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"éditeur {self.pk}"


class RolesAcceptance(models.Model):
    """An organisation's acceptance of who answers for what (art. 28), in one version of that text."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="acceptances")
    version = models.CharField("version du texte", max_length=20)
    accepted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    accepted_at = models.DateTimeField("acceptée le")

    class Meta:
        verbose_name = "acceptation des rôles"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "version"], name="one_acceptance_of_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.version}"


class SharedTemplateQuerySet(models.QuerySet["SharedTemplate"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The templates that are published and not withdrawn, for everybody; all those of the organisations that the
        viewer edits for; and those that a dossier of the viewer uses, be they withdrawn since."""
        ways = Q(withdrawn_at=None, pk__in=SharedTemplateRevision.objects.values("template"))
        used = Dossier.objects.visible_to(viewer).filter(template_revision__isnull=False)
        ways |= Q(pk__in=used.values("template_revision__template"))
        if viewer.user:
            ways |= Q(organisation__in=Editor.objects.filter(user=viewer.user).values("organisation"))
        return self.filter(ways)

    def edited_by(self, viewer: Viewer) -> Self:
        """The templates of the organisations that the viewer edits for."""
        return self.filter(organisation__in=Organisation.objects.visible_to(viewer))


class SharedTemplate(models.Model):
    """Answers and advice that an organisation prepares for its members. `content` is what its editors are writing, as
    in a file but without what publication adds; `version` counts its saves."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="templates")
    slug = models.SlugField("adresse", max_length=80, unique=True)
    questionnaire = models.CharField("questionnaire", max_length=80)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="templates", null=True, blank=True)
    content = models.JSONField("contenu en cours", default=dict, blank=True)
    version = models.PositiveIntegerField("version", default=0)
    public_line = models.CharField("ligne publique", max_length=300, blank=True)  # changes without a revision
    created_at = models.DateTimeField("commencé le")
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)
    # what its organisation may know of the dossiers begun with it: numbers by tens, made anew from time to time
    counts = models.JSONField("décomptes", default=dict, blank=True)
    counted_at = models.DateTimeField("comptés le", null=True, blank=True)

    objects = SharedTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = "modèle"

    def __str__(self) -> str:
        return self.slug


class SharedTemplateChange(models.Model):
    """One element of a template's content before and after one save: what merging and history read."""

    template = models.ForeignKey(SharedTemplate, on_delete=models.CASCADE, related_name="changes")
    version = models.PositiveIntegerField("version")
    key = models.CharField("élément", max_length=100)
    before = models.JSONField("avant", null=True)
    after = models.JSONField("après", null=True)
    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)

    class Meta:
        verbose_name = "modification d'un modèle"
        constraints = [
            models.UniqueConstraint(fields=["template", "version", "key"], name="one_change_of_an_element_in_a_save"),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class SharedTemplateRevisionQuerySet(models.QuerySet["SharedTemplateRevision"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The revisions of the templates that this viewer may see."""
        return self.filter(template__in=SharedTemplate.objects.visible_to(viewer))


class SharedTemplateRevision(PublishedRevision):
    """One whole template file."""

    SUBJECT = "template"

    template = models.ForeignKey(SharedTemplate, on_delete=models.PROTECT, related_name="revisions")
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = SharedTemplateRevisionQuerySet.as_manager()

    class Meta:
        verbose_name = "révision de modèle"
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_revision_number_is_unique"),
        ]


class IncidentEditQuerySet(models.QuerySet["IncidentEdit"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The catalogue is common to all organisations: every editor sees what is being changed in it."""
        allowed = viewer.user and Editor.objects.filter(user=viewer.user).exists()
        return self.all() if allowed else self.none()


class IncidentEdit(models.Model):
    """A coming revision of an incident: written and proposed by one editor, published by another where there is one."""

    public_id = models.CharField(
        "identifiant public", max_length=40, unique=True, default=new_public_id, editable=False
    )
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="edits")
    based_on = models.ForeignKey(IncidentRevision, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField("contenu")
    summary = models.CharField("résumé", max_length=300, blank=True)
    proposed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField("proposée le", null=True, blank=True)
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField("publiée le", null=True, blank=True)
    dropped_at = models.DateTimeField("abandonnée le", null=True, blank=True)

    objects = IncidentEditQuerySet.as_manager()

    class Meta:
        verbose_name = "modification d'incident"
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(dropped_at=None), name="edit_is_published_or_dropped"
            ),
        ]

    def __str__(self) -> str:
        return f"modification {self.pk}"
