from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.foundation.duties"
    label = "duties"
    verbose_name = "责任事项"
