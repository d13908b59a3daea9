"""Addresses of public pages."""

from django.urls import path

from . import public

urlpatterns = [
    path("", public.home, name="home"),
    path("incidents/<slug:slug>/", public.incident, name="incident"),
    path("accessibilite/", public.show_text, {"template": "site/accessibility.html"}, name="accessibility"),
]
