"""What is asked of colleagues and of the worker: reading a dossier, making many files."""

from typing import Self

from django.db import models
from django.db.models import Q

from .dossiers import Dossier
from .ids import new_public_id
from .people import User, Viewer
from .practices import Practice


class Review(models.Model):
    """« Faire relire par le Dr X »: a link by which one dossier is read, and the tick that says so."""

    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="reviews")
    number = models.PositiveIntegerField("numéro")
    name = models.CharField("relecteur", max_length=120)
    sha256 = models.CharField("empreinte du secret", max_length=64, unique=True)
    asked_by = models.CharField("demandée par", max_length=80)  # an author, as in the journal
    asked_at = models.DateTimeField("demandée le")
    expires_at = models.DateTimeField("valable jusqu'au")
    revoked_at = models.DateTimeField("retirée le", null=True, blank=True)
    read_at = models.DateTimeField("relu le", null=True, blank=True)
    version = models.PositiveIntegerField("version relue", null=True, blank=True)

    class Meta:
        verbose_name = "relecture"
        constraints = [models.UniqueConstraint(fields=["dossier", "number"], name="one_number_for_a_review")]

    def __str__(self) -> str:
        return f"relecture {self.pk}"


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Only whoever asked for the files."""
        return self.filter(user=viewer.user) if viewer.user else self.none()


class Batch(models.Model):
    """Many files that the worker makes one by one, fetched as one zip."""

    class Kind(models.TextChoices):
        DRAFTS = "drafts", "brouillons"
        EXPORT = "export", "export d'un cabinet"

    public_id = models.CharField(
        "identifiant public", max_length=40, unique=True, default=new_public_id, editable=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField("sorte", max_length=10, choices=Kind.choices)
    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField("demandé le")

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = "lot de fichiers"
        constraints = [models.CheckConstraint(condition=Q(kind__in=["drafts", "export"]), name="batch_kind_is_known")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class BatchItem(models.Model):
    """One dossier's files in a batch; gone with the dossier. `content` is None until the worker made it.
    While it waits it is an entry of the worker's queue: `leased_until` says that one is making it."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="items")
    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField("rang")
    content = models.BinaryField("fichiers, en un zip", null=True)
    fault = models.CharField("motif", max_length=80, blank=True)  # why it could not be made
    tries = models.PositiveSmallIntegerField("essais", default=0)
    leased_until = models.DateTimeField("réservé jusqu'au", null=True, editable=False)

    class Meta:
        verbose_name = "fichier d'un lot"
        constraints = [
            models.UniqueConstraint(fields=["batch", "dossier"], name="one_item_for_a_dossier_in_a_batch"),
            models.UniqueConstraint(fields=["batch", "number"], name="one_number_for_an_item_of_a_batch"),
        ]
        # the worker looks every few seconds, past the files that are made
        indexes = [models.Index(fields=["number", "id"], name="waiting_items", condition=Q(content=None, fault=""))]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number}"
