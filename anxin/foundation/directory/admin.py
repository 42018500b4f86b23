"""The organisation, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from anxin.foundation.directory.models import Holding, Officer, Place, Unit


class ReadOnly(admin.ModelAdmin):
    """Looking only: changes go through commands and packs, which leave a trace."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Place)
class PlaceAdmin(ReadOnly):
    """The place tree."""

    list_display = ("code", "name", "kind", "parent")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    search_fields = ("code", "name")


@admin.register(Unit)
class UnitAdmin(ReadOnly):
    """Units."""

    list_display = ("code", "name", "kind", "place", "sector", "phone")
    list_filter = ("kind",)
    list_select_related = ("place",)
    search_fields = ("code", "name", "pinyin")


@admin.register(Officer)
class OfficerAdmin(ReadOnly):
    """Officers."""

    list_display = ("name", "phone")
    search_fields = ("name",)


@admin.register(Holding)
class HoldingAdmin(ReadOnly):
    """Who holds which post, from when to when."""

    list_display = ("officer", "post", "unit", "place", "from_on", "to_on")
    list_filter = ("post",)
    list_select_related = ("officer", "unit", "place")
    search_fields = ("officer__name", "post")
