"""Addresses of what is kept: exports, erasing, the register, what the law asks a site to say."""

from django.urls import path

from . import export, rights

urlpatterns = [
    path("cabinets/<str:practice_id>/exporter/", export.export_practice, name="export_practice"),
    path("cabinets/<str:practice_id>/effacer/", rights.erase_practice, name="erase_practice"),
    path("compte/effacer/", rights.erase_account, name="erase_account"),
    path("compte/donnees.zip", export.account_data, name="account_data"),
    path("registre/", rights.register_of_breaches, name="register"),
    path("vos-donnees/", rights.your_data, name="your_data"),
    path("mentions-legales/", rights.legal_notice, name="legal_notice"),
]
