"""Addresses of templates: public ones and those of their editors."""

from django.urls import path

from . import manage_templates, publish_templates, templates

urlpatterns = [
    path("modeles/", templates.listed, name="templates"),
    path("modeles/gerer/", manage_templates.organisations, name="manage_templates"),
    path("modeles/gerer/importer/", publish_templates.import_template, name="import_template"),
    path("modeles/gerer/roles/<slug:slug>/", manage_templates.roles, name="template_roles"),
    path("modeles/gerer/modele/<slug:slug>/", manage_templates.overview, name="manage_template"),
    path("modeles/gerer/modele/<slug:slug>/presentation/", manage_templates.presentation, name="template_cover"),
    path("modeles/gerer/modele/<slug:slug>/etapes/<slug:step>/", manage_templates.step, name="template_step"),
    path("modeles/gerer/modele/<slug:slug>/apercu/", publish_templates.preview, name="template_preview"),
    path("modeles/gerer/modele/<slug:slug>/apercu.pdf", publish_templates.preview_pdf, name="template_preview_pdf"),
    path("modeles/gerer/modele/<slug:slug>/publier/", publish_templates.publish, name="publish_template"),
    path("modeles/gerer/modele/<slug:slug>/retirer/", publish_templates.withdraw, name="withdraw_template"),
    path("modeles/gerer/modele/<slug:slug>/affiche.pdf", publish_templates.poster_pdf, name="template_poster"),
    path("modeles/gerer/modele/<slug:slug>/code.<str:kind>", publish_templates.code, name="template_code"),
    path("m/<slug:slug>/", templates.template, name="template"),
    path("m/<slug:slug>/commencer/", templates.start, name="start_template"),
    path("m/<slug:slug>/revision-<str:number>.json", templates.template_json, name="template_json"),
]
