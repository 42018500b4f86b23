from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.entrances.portal"
    label = "portal"
    verbose_name = "劳动者门户"
