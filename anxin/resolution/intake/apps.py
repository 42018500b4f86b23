from django.apps import AppConfig


class Config(AppConfig):
    """来件."""

    name = "anxin.resolution.intake"
    label = "intake"
    verbose_name = "来件"

    def ready(self) -> None:
        """Files of a complaint open for those whom the complaint is in reach of."""
        from anxin.foundation.documents.subjects import register_subject
        from anxin.resolution.intake.selectors import find

        register_subject("intake.Complaint", find)
