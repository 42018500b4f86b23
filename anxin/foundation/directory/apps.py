from django.apps import AppConfig
from django.conf import settings

from anxin.foundation.policy import current


class Config(AppConfig):
    """组织架构: places, units, officers, posts and the routing table."""

    name = "anxin.foundation.directory"
    label = "directory"
    verbose_name = "组织架构"

    def ready(self) -> None:
        """The packs the deployment names are the law of every process."""
        current.configure(settings.ANXIN_PACKS)
