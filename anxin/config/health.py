"""Two questions a supervisor asks: is the process alive, and can it do its work?"""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers; touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and holds every migration; 503 with one line otherwise."""
    reason = _unready()
    return HttpResponse(reason or "ok\n", status=503 if reason else 200, content_type="text/plain; charset=utf-8")


def _unready() -> str:
    """Why the server cannot work now, or an empty string."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "database does not answer\n"
    return f"{len(missing)} migrations are missing: run anxin migrate\n" if missing else ""
