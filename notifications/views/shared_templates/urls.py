"""Addresses of templates: public ones and those of their editors."""

from django.urls import path

from . import manage_templates, publish_templates, templates

EDIT = "modeles/gerer/modele/<slug:slug>/"  # where one template is written and published

urlpatterns = [
    path("modeles/", templates.list_templates, name="templates"),
    path("modeles/gerer/", manage_templates.manage_organisations, name="manage_templates"),
    path("modeles/gerer/importer/", publish_templates.import_template, name="import_template"),
    path("modeles/gerer/roles/<slug:slug>/", manage_templates.accept_roles, name="template_roles"),
    path(EDIT, manage_templates.show_overview, name="manage_template"),
    path(EDIT + "presentation/", manage_templates.edit_presentation, name="template_cover"),
    path(EDIT + "etapes/<slug:step>/", manage_templates.edit_step, name="template_step"),
    path(EDIT + "apercu/", publish_templates.show_preview, name="template_preview"),
    path(EDIT + "apercu.pdf", publish_templates.download_preview, name="template_preview_pdf"),
    path(EDIT + "publier/", publish_templates.publish_revision, name="publish_template"),
    path(EDIT + "retirer/", publish_templates.withdraw_template, name="withdraw_template"),
    path(EDIT + "affiche.pdf", publish_templates.download_poster, name="template_poster"),
    path(EDIT + "code.<str:kind>", publish_templates.download_code, name="template_code"),
    path("m/<slug:slug>/", templates.show_template, name="template"),
    path("m/<slug:slug>/commencer/", templates.start_dossier, name="start_template"),
    path("m/<slug:slug>/revision-<str:number>.json", templates.download_revision, name="template_json"),
]
