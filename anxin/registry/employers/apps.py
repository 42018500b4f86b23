from django.apps import AppConfig


class Config(AppConfig):
    """用人单位: the county's register of employers."""

    name = "anxin.registry.employers"
    label = "employers"
    verbose_name = "用人单位"
