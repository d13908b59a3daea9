"""All addresses belong to the application; only the pages for faults are named here."""

from django.urls import include, path

urlpatterns = [path("", include("notifications.urls"))]

handler400 = "notifications.views.site.errors.bad_request"
handler403 = "notifications.views.site.errors.forbidden"
handler404 = "notifications.views.site.errors.not_found"
handler429 = "notifications.views.site.errors.too_many"  # asked for by allauth
handler500 = "notifications.views.site.errors.server_error"
