"""The application."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        # imported for its effect: it registers the project's checks
        from breach_assistant import checks  # noqa: F401
