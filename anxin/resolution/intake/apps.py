from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.resolution.intake"
    label = "intake"
    verbose_name = "登记受理"
