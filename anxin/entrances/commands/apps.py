from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.entrances.commands"
    label = "commands"
    verbose_name = "命令"
