"""What all published revisions have in common, be they of an incident or of a shared template."""

from typing import Any, ClassVar

from django.db import models


class PublishedRevision(models.Model):
    """One whole file as it was published, never saved again. `SUBJECT` names the foreign key to what it is a revision
    of."""

    SUBJECT: ClassVar[str]

    number = models.CharField("numéro", max_length=20)
    published_at = models.DateField("publiée le")
    summary = models.TextField("résumé")
    content = models.JSONField("contenu")
    digest = models.CharField("empreinte SHA-256", max_length=64)
    from_seed = models.BooleanField("livrée avec le logiciel", default=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{getattr(self, self.SUBJECT)}@{self.number}"

    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise TypeError("a published revision is never edited")
        super().save(*args, **options)
