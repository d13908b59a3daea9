"""Addresses of the application, in French as users read them; each subject has its own."""

from django.urls import include, path

SUBJECTS = [
    "site",
    "dossiers",
    "alerts",
    "practices",
    "incidents",
    "shared_templates",
    "keeping",
    "accounts",
    "operations",
]

urlpatterns = [path("", include(f"notifications.views.{subject}.urls")) for subject in SUBJECTS]
