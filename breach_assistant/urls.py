"""All addresses belong to the application; only the pages for faults are named here."""

from django.urls import include, path

urlpatterns = [path("", include("notifications.urls"))]

handler400 = "notifications.views.errors.bad_request"
handler403 = "notifications.views.errors.forbidden"
handler404 = "notifications.views.errors.not_found"
handler500 = "notifications.views.errors.server_error"
