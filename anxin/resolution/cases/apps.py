from django.apps import AppConfig


class Config(AppConfig):
    """案件."""

    name = "anxin.resolution.cases"
    label = "cases"
    verbose_name = "案件"

    def ready(self) -> None:
        """Files of a case open only for those whom the case is in reach of."""
        from anxin.foundation.documents.subjects import register_subject
        from anxin.resolution.cases.selectors import reachable

        register_subject("cases.Case", reachable)
