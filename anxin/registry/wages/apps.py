from django.apps import AppConfig


class Config(AppConfig):
    """工资: what is due, paid, outstanding and confirmed per worker."""

    name = "anxin.registry.wages"
    label = "wages"
    verbose_name = "工资"
