from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from anxin.registry.employers.models import Employer


class ReadOnly(admin.ModelAdmin):
    """Looking only: changes go through commands, which leave a trace."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Employer)
class EmployerAdmin(ReadOnly):
    list_display = ("name", "credit_code", "county_code", "town_code", "grid_code", "standing", "verified")
    list_filter = ("county_code", "scale", "standing")
    search_fields = ("name", "credit_code")
