"""System administration of the organisation."""

from __future__ import annotations

from django.contrib import admin

from anxin.foundation.directory.models import Holding, Officer, Place, Unit


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin):
    """The place tree."""

    list_display = ("code", "name", "kind", "parent")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    raw_id_fields = ("parent",)
    search_fields = ("code", "name")


@admin.register(Unit)
class UnitAdmin(admin.ModelAdmin):
    """Units."""

    list_display = ("code", "name", "kind", "place", "sector", "phone")
    list_filter = ("kind",)
    list_select_related = ("place",)
    raw_id_fields = ("place",)
    search_fields = ("code", "name", "pinyin")


@admin.register(Officer)
class OfficerAdmin(admin.ModelAdmin):
    """Officers."""

    list_display = ("name", "phone")
    search_fields = ("name",)


@admin.register(Holding)
class HoldingAdmin(admin.ModelAdmin):
    """Who holds which post, from when to when."""

    list_display = ("officer", "post", "unit", "place", "from_on", "to_on")
    list_filter = ("post",)
    list_select_related = ("officer", "unit", "place")
    raw_id_fields = ("officer", "unit", "place")
    search_fields = ("officer__name", "post")
