from django.apps import AppConfig


class Config(AppConfig):
    """劳动者门户."""

    name = "anxin.entrances.portal"
    label = "portal"
    verbose_name = "劳动者门户"

    def ready(self) -> None:
        """The job that tidies waiting photos registers itself when imported."""
        from anxin.entrances.portal import photos  # noqa: F401
