from django.apps import AppConfig


class Config(AppConfig):
    """劳动者: people to whom wages are owed."""

    name = "anxin.registry.workers"
    label = "workers"
    verbose_name = "劳动者"
