"""Addresses of the catalogue of incidents, for those who edit it."""

from django.urls import path

from . import catalogue, catalogue_rows

urlpatterns = [
    path("catalogue/", catalogue.show_catalogue, name="catalogue"),
    path("catalogue/<slug:slug>/", catalogue.show_incident, name="catalogue_incident"),
    path("catalogue/<slug:slug>/<str:edit_id>/", catalogue.show_edit, name="catalogue_edit"),
    path(
        "catalogue/<slug:slug>/<str:edit_id>/<slug:table>/ajouter/", catalogue_rows.edit_row, name="catalogue_new_row"
    ),
    path(
        "catalogue/<slug:slug>/<str:edit_id>/<slug:table>/<int:place>/", catalogue_rows.edit_row, name="catalogue_row"
    ),
]
