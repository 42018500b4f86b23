"""The gallery of components, sample pages made of them, and the reader's type size."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from anxin.entrances.ui import samples
from anxin.entrances.ui.context import LARGE_TYPE

YEAR = 365 * 24 * 3600
PAGES = {
    "console": "ui/sample_console.html",
    "portal": "ui/sample_portal.html",
    "home": "ui/sample_home.html",
    "login": "ui/login.html",
}


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Every component with all its states, drawn from made-up values."""
    return render(request, "ui/gallery.html", samples.gallery())


@require_safe
def sample(request: HttpRequest, page: str) -> HttpResponse:
    """A whole page made of components; raises Http404 for a page the gallery does not have."""
    if page not in PAGES:
        raise Http404
    return render(request, PAGES[page], samples.page(page))


@require_POST
def type_size(request: HttpRequest) -> HttpResponse:
    """Switch large type on or off in a cookie and go back to the page the reader came from."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    large = request.COOKIES.get(LARGE_TYPE) != "1"
    response.set_cookie(
        LARGE_TYPE, "1" if large else "0", max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    return response
