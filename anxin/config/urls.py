"""All addresses of the house; each entrance owns its own."""

from django.contrib import admin
from django.urls import include, path

from anxin.config.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("c/", include("anxin.entrances.console.urls")),
    path("api/", include("anxin.entrances.api.urls")),
    path("", include("anxin.entrances.console.login")),
    path("", include("anxin.entrances.ui.urls")),
    path("", include("anxin.entrances.portal.urls")),
]
