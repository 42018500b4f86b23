from __future__ import annotations

from django.db import models
from django.db.models import Q

from anxin.foundation.kernel.identifiers import mask_id, mask_phone


class Worker(models.Model):
    """劳动者: a person who works for wages, known by identity number, or by name and phone, or by name alone."""

    name = models.CharField("姓名", max_length=40)
    id_number = models.CharField("身份证号", max_length=18, null=True, blank=True)
    phone = models.CharField("手机号", max_length=11, blank=True, default="")
    county_code = models.CharField("县级代码", max_length=6)
    registered_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "劳动者"
        constraints = [
            models.UniqueConstraint(
                fields=["county_code", "id_number"],
                condition=Q(id_number__isnull=False),
                name="worker_one_per_id_number",
            ),
            models.UniqueConstraint(
                fields=["county_code", "phone", "name"],
                condition=Q(id_number__isnull=True) & ~Q(phone=""),
                name="worker_one_per_name_phone",
            ),
        ]
        indexes = [models.Index(fields=["county_code", "phone"], name="worker_county_phone")]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_id_number(self) -> str:
        """First six and last four, "" when unknown."""
        return mask_id(self.id_number or "")

    @property
    def masked_phone(self) -> str:
        """First three and last four, "" when unknown."""
        return mask_phone(self.phone)
