"""Who administers this installation: the first account that may, or one more."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.urls import reverse
from django.utils import timezone

from notifications.services.accounts import accounts


class Command(BaseCommand):
    help = "Makes the account of this address an administrator; makes the account where there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError("Ce n'est pas une adresse électronique.") from None
        user = accounts.make_administrator(email=email, now=timezone.now())
        self.stdout.write(f"{user.email} administre ce site.")
        self.stdout.write(f"Connectez-vous avec cette adresse : {settings.SITE_URL}{reverse('account_login')}")
        if accounts.lacks_second_factor(user):
            self.stdout.write(
                "Une seconde preuve (clé d'accès ou application) vous sera demandée avant toute autre page."
            )
