from __future__ import annotations

from django.contrib import admin

from anxin.registry.employers.admin import ReadOnly
from anxin.registry.projects.models import Participation, Project


@admin.register(Project)
class ProjectAdmin(ReadOnly):
    list_display = ("name", "code", "sector", "investment", "county_code", "town_code")
    list_filter = ("county_code", "sector", "investment")
    search_fields = ("name", "code")


@admin.register(Participation)
class ParticipationAdmin(ReadOnly):
    list_display = ("project", "employer", "role", "parent")
