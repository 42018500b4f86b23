"""What can be wrong with a pack or with a question to it. Every message names file, term and remedy."""

from __future__ import annotations

from anxin.foundation.kernel.errors import AnxinError


class PolicyError(AnxinError):
    """Base of all faults of this room; `file` is relative to the folder of packs."""

    default = "政策包有误"

    def __init__(self, message: str = "", *, fix: str = "", file: str = "", term: str = "") -> None:
        self.file, self.term, self.what = file, term, message
        where = "：".join(part for part in (file, term) if part)
        super().__init__(f"{where}：{message}" if where else message, fix=fix)


class UnknownTerm(PolicyError):
    """No pack between the place and the nation knows the term."""


class UnknownPlace(PolicyError):
    """No pack is in charge of the place."""


class NotInForce(PolicyError):
    """The term is known, but nobody has fixed a value for this day; the edge of a range is never taken for one."""


class Undelegated(PolicyError):
    """A pack fixes what a higher one has settled, or has left to another level."""


class OutOfRange(PolicyError):
    """A pack leaves the range that a higher one has set."""


class Ambiguous(PolicyError):
    """Two entries answer the same question for the same day."""


class BadPack(PolicyError):
    """A file cannot be read, or lacks something it must have."""


class Unsigned(BadPack):
    """An entry does not say whether it is verified. It is used, and shown, as unverified; the check refuses it."""
