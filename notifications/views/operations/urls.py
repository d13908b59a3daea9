"""Addresses that machines ask."""

from django.urls import path

from . import health

urlpatterns = [
    path("healthz", health.check_health, name="healthz"),
]
