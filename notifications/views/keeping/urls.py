"""Addresses of what is kept: exports, erasing, the register, what the law asks a site to say."""

from django.urls import path

from . import export, rights

urlpatterns = [
    path("cabinets/<str:practice_id>/exporter/", export.export_practice, name="export_practice"),
    path("cabinets/<str:practice_id>/effacer/", rights.erase_practice, name="erase_practice"),
    path("compte/effacer/", rights.erase_account, name="erase_account"),
    path("compte/donnees.zip", export.export_account, name="account_data"),
    path("registre/", rights.show_register, name="register"),
    path("vos-donnees/", rights.show_your_data, name="your_data"),
    path("mentions-legales/", rights.show_legal_notice, name="legal_notice"),
]
