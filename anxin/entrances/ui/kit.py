"""How a component is made: a typed function returns plain values, the template of the same name draws them."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

P = ParamSpec("P")
COMPONENTS: dict[str, Callable[..., SafeString]] = {}


def component(function: Callable[P, Mapping[str, Any]]) -> Callable[P, SafeString]:
    """Draw templates/ui/<name>.html with what the function returns, and offer it as the template tag <name>."""
    name = function.__name__

    @wraps(function)
    def draw(*args: P.args, **kwargs: P.kwargs) -> SafeString:
        text = get_template(f"ui/{name}.html").render(dict(function(*args, **kwargs)))
        return mark_safe(text.strip())  # noqa: S308  the template has escaped every value

    COMPONENTS[name] = draw
    return draw
