from django.apps import AppConfig


class Config(AppConfig):
    """工程项目: projects and the contract chain under each."""

    name = "anxin.registry.projects"
    label = "projects"
    verbose_name = "工程项目"
