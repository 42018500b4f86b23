"""The form renderer of the house: {{ form }} draws every field as {% field %} does."""

from django.forms.renderers import DjangoTemplates


class Renderer(DjangoTemplates):
    """Draws whole forms with ui/form.html; single widgets stay Django's own."""

    form_template_name = "ui/form.html"
