"""Every component as a template tag of its own name: {% load ui %} {% money case.amount_fen %}."""

from django import template

import anxin.entrances.ui.components  # noqa: F401  importing it fills the registry
from anxin.entrances.ui.kit import COMPONENTS

register = template.Library()

for _name, _draw in COMPONENTS.items():
    register.simple_tag(_draw, name=_name)
