from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.resolution.mediation"
    label = "mediation"
    verbose_name = "调解"
