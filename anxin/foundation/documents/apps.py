from django.apps import AppConfig


class Config(AppConfig):
    name = "anxin.foundation.documents"
    label = "documents"
    verbose_name = "证据与文书"
