from __future__ import annotations

from django.contrib import admin

from anxin.registry.employers.admin import ReadOnly
from anxin.registry.wages.models import Confirmation, Payment, Wage


@admin.register(Wage)
class WageAdmin(ReadOnly):
    list_display = ("worker", "employer_name", "due_fen", "paid_fen", "answer", "verified", "county_code")
    list_filter = ("county_code", "answer", "verified")
    list_select_related = ("worker",)


@admin.register(Payment)
class PaymentAdmin(ReadOnly):
    list_display = ("wage", "amount_fen", "paid_on", "method", "recorded_by", "voided_at")
    list_filter = ("method",)


@admin.register(Confirmation)
class ConfirmationAdmin(ReadOnly):
    list_display = ("wage", "answer", "by", "at", "recorded_by")
    list_filter = ("answer", "by")
