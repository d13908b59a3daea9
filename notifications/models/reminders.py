"""Addresses, and the outbox of all mail."""

from django.db import models
from django.db.models import Q

from .dossiers import Dossier
from .practices import Invitation


class Subscription(models.Model):
    """The address to which reminders of a dossier go, once it was confirmed."""

    dossier = models.OneToOneField(Dossier, on_delete=models.CASCADE, related_name="subscription")
    email = models.EmailField("adresse")
    asked_at = models.DateTimeField("demandée le")
    confirmed_at = models.DateTimeField("confirmée le", null=True, blank=True)
    ended_at = models.DateTimeField("arrêtée le", null=True, blank=True)
    pending_email = models.EmailField("adresse à confirmer", blank=True)  # takes the place of `email` once confirmed

    class Meta:
        verbose_name = "adresse de rappel"

    def __str__(self) -> str:
        return f"rappels {self.pk}"

    @property
    def asked_email(self) -> str:
        """The address that was last asked for, confirmed or not."""
        return self.pending_email or self.email

    @property
    def is_asked(self) -> bool:
        """Is an address still to be confirmed?"""
        return self.confirmed_at is None or bool(self.pending_email)


class ConfirmationSent(models.Model):
    """That a request to confirm went to an address, told by a keyed fingerprint. Belongs to no dossier, so that erasing
    one starts no new count; gone after a day."""

    address = models.CharField("empreinte de l'adresse", max_length=32)
    at = models.DateTimeField("demandée le", db_index=True)

    class Meta:
        verbose_name = "demande de confirmation"

    def __str__(self) -> str:
        return f"demande {self.pk}"


class Outgoing(models.Model):
    """A mail to send once: the outbox. `key` is unique, so that two rounds make one row; a sender claims it with a
    lease, so that two senders do not both send it, and that a killed one loses nothing.

    What concerns a dossier (confirmation, reminder, news) is composed from it when it is sent. Any other mail was
    written beforehand: its recipient and its text are stored until it ended, and no longer; after `expires_at` it is
    not sent."""

    class Purpose(models.TextChoices):
        CODE = "code", "code"
        CONFIRMATION = "confirmation", "confirmation d'adresse"
        INVITATION = "invitation", "invitation"
        NOTICE = "notice", "changement d'un compte"
        REMINDER = "reminder", "rappel"
        NEWS = "news", "réponses à revoir"
        RETENTION = "retention", "fin de conservation"

    class State(models.TextChoices):
        WAITING = "waiting", "à envoyer"
        SENT = "sent", "envoyé"
        DROPPED = "dropped", "sans objet"

    purpose = models.CharField("objet", max_length=20, choices=Purpose.choices)
    dossier = models.ForeignKey(Dossier, on_delete=models.CASCADE, related_name="outgoing", null=True, blank=True)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    kind = models.CharField("sorte", max_length=40, blank=True)  # of what concerns a dossier
    # Message-ID too; of what concerns a dossier the SHA-256 of (dossier, kind, deadline), else random
    key = models.CharField("clé", max_length=64, unique=True)
    deadline = models.DateTimeField("échéance", null=True, blank=True)
    domain = models.CharField("domaine du destinataire", max_length=255)
    made_at = models.DateTimeField("prévu le")
    state = models.CharField("état", max_length=10, choices=State.choices, default=State.WAITING)
    reason = models.CharField("motif", max_length=80, blank=True)  # why it was dropped, or last failed
    tries = models.PositiveIntegerField("essais", default=0)
    next_at = models.DateTimeField("prochain essai")
    leased_until = models.DateTimeField("réservé jusqu'au", null=True, blank=True)
    lease = models.CharField("réservation", max_length=40, blank=True)
    refused_since = models.DateTimeField("refusé depuis", null=True, blank=True)
    unanswered = models.PositiveIntegerField("remises sans réponse", default=0)  # it may have arrived so many times
    # messages that leave as one mail bear the same, which is then its Message-ID; they share their lease, too
    bundle = models.CharField("courriel commun", max_length=64, blank=True, db_index=True)
    ended_at = models.DateTimeField("envoyé ou abandonné le", null=True, blank=True)
    # of what was written beforehand; the first three are erased at the end
    email = models.EmailField("destinataire", blank=True)
    subject = models.CharField("titre", max_length=200, blank=True)
    body = models.TextField("texte", blank=True)
    expires_at = models.DateTimeField("à ne plus envoyer après le", null=True, blank=True)

    class Meta:
        verbose_name = "message à envoyer"
        indexes = [models.Index(fields=["state", "purpose", "next_at"], name="outgoing_by_next_try")]
        constraints = [
            models.CheckConstraint(
                condition=Q(dossier__isnull=False) | Q(expires_at__isnull=False), name="outgoing_written_mail_expires"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting") | Q(email="", subject="", body=""), name="outgoing_is_erased_at_its_end"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sent", "dropped"]), name="outgoing_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Heartbeat(models.Model):
    """When a loop last went round."""

    name = models.CharField("boucle", max_length=40, primary_key=True)
    at = models.DateTimeField("dernier passage")

    class Meta:
        verbose_name = "battement"

    def __str__(self) -> str:
        return self.name
