from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from anxin.registry.workers.models import Worker


@admin.register(Worker)
class WorkerAdmin(admin.ModelAdmin):
    """Looking only, and masked: changes go through commands, which leave a trace."""

    list_display = ("name", "masked_id_number", "masked_phone", "county_code")
    fields = ("name", "masked_id_number", "masked_phone", "county_code", "registered_at")
    list_filter = ("county_code",)
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
