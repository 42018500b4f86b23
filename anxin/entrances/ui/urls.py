"""Addresses of the kit: the gallery with its sample pages, and the reader's type size."""

from django.urls import path

from anxin.entrances.ui import views

app_name = "ui"
urlpatterns = [
    path("gallery", views.gallery, name="gallery"),
    path("gallery/<slug:page>", views.sample, name="sample"),
    path("type-size", views.type_size, name="type-size"),
]
