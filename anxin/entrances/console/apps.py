from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.entrances.console"
    label = "console"
    verbose_name = "工作台"
