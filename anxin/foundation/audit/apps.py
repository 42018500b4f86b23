from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.foundation.audit"
    label = "audit"
    verbose_name = "留痕"
