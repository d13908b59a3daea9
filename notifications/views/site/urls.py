"""Addresses of public pages."""

from django.urls import path

from . import public

urlpatterns = [
    path("", public.show_home, name="home"),
    path("incidents/<slug:slug>/", public.show_incident, name="incident"),
    path("accessibilite/", public.show_text, {"template": "site/accessibility.html"}, name="accessibility"),
]
