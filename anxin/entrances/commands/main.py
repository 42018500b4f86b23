"""The `anxin` command: Django's own commands and ours, from any directory."""

import os
import sys
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand

from anxin.foundation.kernel.errors import AnxinError

BAD_INPUT = 2


class Utility(ManagementUtility):
    def fetch_command(self, subcommand: str) -> BaseCommand:
        """The command of that name; an unknown one is bad input and exits 2, as a wrong option does."""
        try:
            return super().fetch_command(subcommand)
        except SystemExit:
            raise SystemExit(BAD_INPUT) from None


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command. A refusal that concerns the caller's input is one clear line and exit code 2."""
    args = list(sys.argv if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anxin.config.settings")
    if args[1:2] == ["replay"]:
        # A scenario plays in a world of its own and must never meet the county's real cases.
        os.environ["ANXIN_DATABASE_URL"] = "sqlite:///:memory:"
    try:
        Utility([_program(args[0]), *args[1:]]).execute()
    except AnxinError as error:
        raise SystemExit(_refuse(error.message, error.fix)) from None
    except ImproperlyConfigured as error:
        raise SystemExit(_refuse(str(error), "")) from None


def _program(path: str) -> str:
    return "python -m anxin" if os.path.basename(path) == "__main__.py" else os.path.basename(path)


def _refuse(message: str, fix: str) -> int:
    print("\n".join(line for line in (message, fix) if line), file=sys.stderr)
    return BAD_INPUT
