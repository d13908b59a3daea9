"""An organisation that publishes templates, and its first editors: only whoever holds the machine makes one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from notifications.questionnaire import Refused
from notifications.services.shared_templates import unions


class Command(BaseCommand):
    help = "Makes an organisation that publishes templates, with an editor for each address given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--slug", default="", help="in addresses; made from the name where it is not given")
        parser.add_argument("--contact", default="", help="words for the members: who answers, and where")
        parser.add_argument("--editor", action="append", default=[], metavar="EMAIL", help="may be repeated")

    @transaction.atomic
    def handle(self, *args: Any, name: str, slug: str, contact: str, editor: list[str], **options: Any) -> None:
        now = timezone.now()
        try:
            organisation = unions.make_organisation(name=name, slug=slug, contact=contact, now=now)
        except unions.NameTaken:
            raise CommandError("Une organisation porte déjà ce nom ou cette adresse.") from None
        except Refused as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{organisation.name} ({organisation.slug}) peut préparer des modèles.")
        for email in editor:
            try:
                validate_email(email)
            except ValidationError:
                raise CommandError(f"{email} n'est pas une adresse électronique.") from None
            user = unions.add_editor(organisation=organisation, email=email, now=now).user
            self.stdout.write(f"{user.email} en est éditeur ; une seconde preuve sera demandée à la connexion.")
