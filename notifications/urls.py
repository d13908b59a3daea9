"""Addresses of the application, in French as users read them."""

from django.urls import path

from . import account_urls
from .views import account, dossiers, essential, files, health, links, public, steps, versions

urlpatterns = [
    path("", public.home, name="home"),
    path("incidents/<slug:slug>/", public.incident, name="incident"),
    path("incidents/<slug:slug>/commencer/", dossiers.start, name="start_incident"),
    path("commencer/", dossiers.start, name="start"),
    path("dossiers/", dossiers.dossiers, name="dossiers"),
    path("dossiers/importer/", dossiers.import_dossier, name="import"),
    path("dossiers/oublier/", links.forget, name="forget"),
    path("dossiers/<str:public_id>/", dossiers.dossier, name="dossier"),
    path("dossiers/<str:public_id>/etapes/<slug:slug>/", steps.step, name="step"),
    path("dossiers/<str:public_id>/essentiel/<slug:subject>/", essential.essential, name="essential"),
    path("dossiers/<str:public_id>/telecharger/", essential.ready, name="ready"),
    path("dossiers/<str:public_id>/verifier/", steps.review, name="review"),
    path("dossiers/<str:public_id>/brouillon.pdf", files.draft_pdf, name="draft_pdf"),
    path("dossiers/<str:public_id>/dossier.json", files.dossier_json, name="dossier_json"),
    path("dossiers/<str:public_id>/lien/", links.link, name="link"),
    path("dossiers/<str:public_id>/rattacher/", account.claim, name="claim"),
    path("dossiers/<str:public_id>/versions/<slug:key>/", versions.versions, name="versions"),
    path("d/<str:secret>/", links.open_link, name="open_link"),
    path("accessibilite/", public.accessibility, name="accessibility"),
    *account_urls.urlpatterns,
    path("healthz", health.healthz, name="healthz"),
]
