from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.foundation.notices"
    label = "notices"
    verbose_name = "通知"
