"""Registration of the UI kit with Django."""

from django.apps import AppConfig


class Config(AppConfig):
    """界面组件: templates, style sheets and components shared by every page."""

    name = "anxin.entrances.ui"
    label = "ui"
    verbose_name = "界面组件"
