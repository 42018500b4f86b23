from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Config(AppConfig):
    """贯通: registers every command and query of the house and connects events to what follows from them."""

    name = "anxin.journeys"
    label = "journeys"
    verbose_name = "贯通"

    def ready(self) -> None:
        """Rooms are loaded by now; services and selectors register themselves when imported."""
        autodiscover_modules("services", "selectors")
        from anxin.foundation.audit.services import SEAL_MINUTES, seal
        from anxin.foundation.outbox.bus import connect
        from anxin.foundation.outbox.worker import job
        from anxin.journeys.routes import AT_ONCE, ROUTES

        connect(ROUTES, AT_ONCE)
        job(minutes=SEAL_MINUTES)(seal)  # audit lies below the worker and cannot ask for its own turn
