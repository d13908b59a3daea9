"""What is stored. Every change of state goes through `services`; every dossier is reached through `visible_to`."""

import secrets
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import BooleanField, Case, F, Q, When
from django.db.models.fields.json import KT
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .deadlines import ZONES


def new_public_id() -> str:
    """128 random bits: an address that nobody can guess."""
    return secrets.token_urlsafe(16)


class UserManager(BaseUserManager):
    def get_by_natural_key(self, email):
        return self.get(email=email.lower())


class User(AbstractBaseUser):
    """A person's account. There are no passwords: one signs in by a code sent to the address, or by a passkey."""

    password = None  # takes Django's column away
    email = models.EmailField("adresse électronique", unique=True)  # in lower case
    name = models.CharField("nom affiché", max_length=120, blank=True)
    is_active = models.BooleanField("actif", default=True)
    is_administrator = models.BooleanField("administre ce site", default=False)
    date_joined = models.DateTimeField("créé le", default=timezone.now)
    # in every session's seal: one more, and all the sessions of this account end
    seal = models.PositiveIntegerField("fins de toutes les sessions", default=0)

    objects = UserManager()

    EMAIL_FIELD = USERNAME_FIELD = "email"

    class Meta:
        verbose_name = "compte"
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_for_an_address")]

    def __str__(self):
        return self.name or self.email

    def clean(self):
        self.email = self.email.lower()

    def has_usable_password(self):
        return False

    def check_password(self, raw_password):
        return False

    def get_session_auth_hash(self):
        return self._sealed()

    def get_session_auth_fallback_hash(self):
        return (self._sealed(key) for key in settings.SECRET_KEY_FALLBACKS)

    def _sealed(self, secret=None):
        return salted_hmac(
            "notifications.User", f"{self.pk} {self.seal}", secret=secret, algorithm="sha256"
        ).hexdigest()


@dataclass(frozen=True)
class Viewer:
    """Who asks: the account that is signed in, and the SHA-256 of the browser's device secret; None where there is
    none."""

    user: User | None = None
    device: str | None = None


class Incident(models.Model):
    slug = models.SlugField("adresse", max_length=80, unique=True)

    class Meta:
        verbose_name = "incident"

    def __str__(self):
        return self.slug


class IncidentRevision(models.Model):
    """One whole incident file, never updated."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="revisions")
    number = models.CharField("numéro", max_length=20)
    published_at = models.DateField("publiée le")
    summary = models.TextField("résumé")
    content = models.JSONField("contenu")
    digest = models.CharField("empreinte SHA-256", max_length=64)
    from_seed = models.BooleanField("livrée avec le logiciel", default=False)

    class Meta:
        verbose_name = "révision d'incident"
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="incident_revision_number_is_unique"),
        ]

    def __str__(self):
        return f"{self.incident}@{self.number}"


class DraftQuerySet(models.QuerySet):
    def visible_to(self, viewer):
        """The dossiers that this viewer may open: those of the account, and those of which the browser holds a device
        grant."""
        ways = []
        if viewer.user:
            ways.append(Q(owner=viewer.user))
        if viewer.device:
            held = Grant.objects.filter(sha256=viewer.device, kind=Grant.Kind.DEVICE, revoked_at=None)
            ways.append(Q(pk__in=held.values("draft")))
        return self.filter(reduce(or_, ways)) if ways else self.none()


class Draft(models.Model):
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
    timezone = models.CharField("fuseau", max_length=40, choices=list(ZONES.items()), default="Europe/Paris")
    created_at = models.DateTimeField("créé le")
    answers = models.JSONField("réponses", default=dict)
    # by question: the text of which somebody said that it is no patient's data {"sha256", "by", "at"}
    overruled = models.JSONField("avertissements écartés", default=dict, blank=True)
    version = models.PositiveIntegerField("version", default=0)
    aware_at = models.DateTimeField("prise de connaissance (UTC)", null=True, blank=True)
    title = models.CharField("titre", max_length=250)
    organisation_name = models.CharField("dénomination", max_length=200, blank=True)
    last_saved_at = models.DateTimeField("dernier enregistrement", null=True, blank=True)
    devices = models.PositiveIntegerField("appareils numérotés", default=0)  # also those forgotten since
    # by question: the SHA-256 of the text that was copied to the teleservice, and when {"sha256", "at"}
    copied = models.JSONField("recopié", default=dict, blank=True)
    # the journal's length and last hash, so that a tail cut off is found
    journal_count = models.PositiveIntegerField("lignes du journal", default=0)
    journal_head = models.CharField("dernière empreinte du journal", max_length=64, blank=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = "dossier"
        constraints = [
            models.CheckConstraint(condition=Q(timezone__in=list(ZONES)), name="draft_timezone_is_a_zone_of_france"),
        ]

    def __str__(self):
        return self.title

    @cached_property
    def rewritten(self):
        """Keys that had another answer before, in one query; only reading an answer (« Conserver ») does not count."""
        # both origins as text: PostgreSQL compares no JSON value with a text
        changes = self.changes.alias(was=KT("before__origin"), became=KT("after__origin"))
        read = Q(before__reviewed=False, after__reviewed=True, became=F("was"))
        rewrites = Case(When(read, then=False), default=True, output_field=BooleanField())
        return set(changes.filter(rewrites, before__isnull=False).values_list("key", flat=True))


class AnswerChange(models.Model):
    """One answer before and after one save: what undo, history and merging read."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="changes")
    version = models.PositiveIntegerField("version")
    key = models.CharField("question", max_length=80)
    before = models.JSONField("avant", null=True)
    after = models.JSONField("après", null=True)
    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)

    class Meta:
        verbose_name = "modification"
        constraints = [
            models.UniqueConstraint(fields=["draft", "version", "key"], name="one_change_of_a_key_in_a_save"),
            models.CheckConstraint(condition=Q(version__gt=0), name="change_has_a_version"),
        ]

    def __str__(self):
        return f"{self.key} v{self.version}"


class Grant(models.Model):
    """The right of a browser (device) or of a private link to open one dossier, or of a calendar to read its deadlines;
    only the secret's hash is kept.

    `number` names it inside its dossier without saying whose it is: « appareil 2 », « lien 1 »."""

    class Kind(models.TextChoices):
        DEVICE = "device", "appareil"
        LINK = "link", "lien privé"
        FEED = "feed", "calendrier"  # reads the deadlines, opens nothing

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="grants")
    sha256 = models.CharField("empreinte du secret", max_length=64, db_index=True)
    kind = models.CharField("sorte", max_length=10, choices=Kind.choices)
    number = models.PositiveIntegerField("numéro")
    created_at = models.DateTimeField("créé le")
    last_used_on = models.DateField("dernier usage", null=True, blank=True)  # None: a link that nobody opened
    revoked_at = models.DateTimeField("retiré le", null=True, blank=True)

    class Meta:
        verbose_name = "droit d'accès"
        constraints = [
            models.UniqueConstraint(fields=["draft", "sha256", "kind"], name="one_grant_for_a_secret_and_a_draft"),
            models.UniqueConstraint(fields=["draft", "kind", "number"], name="one_number_for_a_grant_of_a_draft"),
            models.CheckConstraint(condition=Q(kind__in=["device", "link", "feed"]), name="grant_kind_is_known"),
        ]

    def __str__(self):
        return f"{self.kind} {self.pk}"


class Filing(models.Model):
    """What was filed with the CNIL, as it stood: an immutable snapshot. It may be cancelled, never edited."""

    class Kind(models.TextChoices):
        INITIAL = "initial", "initiale"
        COMPLEMENTARY = "complementary", "complémentaire"
        COMPLETE = "complete", "complète"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="filings")
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
            models.UniqueConstraint(fields=["draft", "number"], name="one_number_for_a_filing_of_a_draft"),
            models.CheckConstraint(
                condition=Q(kind__in=["initial", "complementary", "complete"]), name="filing_kind_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.number}"

    def save(self, **options):
        if not self._state.adding:
            raise TypeError("a filing is never edited")
        super().save(**options)


class JournalEntry(models.Model):
    """One line of a dossier's journal: what happened and to which keys, never a value. `hash` covers the line and the
    hash before it, so that no line can be changed, removed, moved or added without a trace."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="journal")
    number = models.PositiveIntegerField("numéro")
    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)
    event = models.CharField("événement", max_length=40)
    keys = models.JSONField("objets", default=list)
    hash = models.CharField("empreinte", max_length=64)

    class Meta:
        verbose_name = "ligne du journal"
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="one_number_for_a_line_of_a_journal")]

    def __str__(self):
        return f"{self.number} {self.event}"


class Erasure(models.Model):
    """What stays of an erased dossier: one line, which names nobody."""

    at = models.DateTimeField("le")
    by = models.CharField("par", max_length=80)
    lines = models.PositiveIntegerField("lignes du journal effacé")
    journal_head = models.CharField("dernière empreinte du journal effacé", max_length=64)

    class Meta:
        verbose_name = "effacement"

    def __str__(self):
        return f"{self.lines} lignes le {self.at:%Y-%m-%d}"


class Subscription(models.Model):
    """The address to which reminders of a dossier go, once it was confirmed."""

    draft = models.OneToOneField(Draft, on_delete=models.CASCADE, related_name="subscription")
    email = models.EmailField("adresse")
    asked_at = models.DateTimeField("demandée le")
    confirmed_at = models.DateTimeField("confirmée le", null=True, blank=True)
    ended_at = models.DateTimeField("arrêtée le", null=True, blank=True)
    pending_email = models.EmailField("adresse à confirmer", blank=True)  # takes the place of `email` once confirmed

    class Meta:
        verbose_name = "adresse de rappel"

    def __str__(self):
        return f"rappels {self.pk}"

    @property
    def asked_email(self):
        """The address that was last asked for, confirmed or not."""
        return self.pending_email or self.email


class ConfirmationSent(models.Model):
    """That a request to confirm went to an address, told by a keyed fingerprint. Belongs to no dossier, so that erasing
    one starts no new count; gone after a day."""

    address = models.CharField("empreinte de l'adresse", max_length=32)
    at = models.DateTimeField("demandée le", db_index=True)

    class Meta:
        verbose_name = "demande de confirmation"

    def __str__(self):
        return f"demande {self.pk}"


class Outgoing(models.Model):
    """A mail to send once: the outbox. `key` (dossier, kind, deadline) is unique, so that two ticks make one row; a
    sender claims it with a lease, so that two senders do not both send it, and that a killed one loses nothing."""

    class State(models.TextChoices):
        WAITING = "waiting", "à envoyer"
        SENT = "sent", "envoyé"
        DROPPED = "dropped", "sans objet"

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="outgoing")
    kind = models.CharField("sorte", max_length=40)
    key = models.CharField("clé", max_length=64, unique=True)  # SHA-256 of (dossier, kind, deadline); Message-ID too
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
    ended_at = models.DateTimeField("envoyé ou abandonné le", null=True, blank=True)

    class Meta:
        verbose_name = "message à envoyer"
        indexes = [models.Index(fields=["state", "next_at"], name="outgoing_by_next_try")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "sent", "dropped"]), name="outgoing_state_is_known"
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.pk}"


class Heartbeat(models.Model):
    """When a loop last went round."""

    name = models.CharField("boucle", max_length=40, primary_key=True)
    at = models.DateTimeField("dernier passage")

    class Meta:
        verbose_name = "battement"

    def __str__(self):
        return self.name
