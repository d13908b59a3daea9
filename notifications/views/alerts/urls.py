"""Addresses of reminders and calendars."""

from django.urls import path

from . import alerts

urlpatterns = [
    path("dossiers/<str:public_id>/rappels/", alerts.alerts, name="alerts"),
    path("dossiers/<str:public_id>/echeances.ics", alerts.deadlines_ics, name="deadlines_ics"),
    path("calendrier/<str:secret>.ics", alerts.calendar_feed, name="calendar_feed"),
    path("rappels/<str:token>/", alerts.confirm_address, name="confirm_address"),
    path("rappels/fin/<str:token>/", alerts.end_reminders, name="end_reminders"),
]
