from django.apps import AppConfig


class Config(AppConfig):
    """用户与权限: who is asking, what they may do, how far they see."""

    name = "anxin.foundation.access"
    label = "access"
    verbose_name = "用户与权限"
