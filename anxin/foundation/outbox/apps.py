from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.foundation.outbox"
    label = "outbox"
    verbose_name = "事件箱"
