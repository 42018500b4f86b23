"""Every refusal of the house. Messages are Chinese, meant for the officer who reads them, and say what to do next."""

from __future__ import annotations

from collections.abc import Mapping

HIDDEN = "没有找到，或不在您的权限范围内"


class AnxinError(Exception):
    """A refusal with a Chinese message and, where there is one, the remedy (`fix`)."""

    default = "操作未能完成"

    def __init__(self, message: str = "", *, fix: str = "") -> None:
        self.message = message or self.default
        self.fix = fix
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}。{self.fix}" if self.fix else self.message


class BadInput(AnxinError):
    """What was entered cannot be used; `fields` maps a field name to its Chinese message."""

    default = "填写的内容有误"

    def __init__(self, message: str = "", fields: Mapping[str, str] | None = None, *, fix: str = "") -> None:
        self.fields = dict(fields or {})
        super().__init__(message or "；".join(dict.fromkeys(self.fields.values())), fix=fix)


class Denied(AnxinError):
    """Hidden and absent look alike, so that nobody learns what exists by asking."""

    default = HIDDEN


class IllegalTransition(AnxinError):
    """The stage of the subject does not offer this step."""

    default = "当前阶段不能进行这一操作"


class Refused(AnxinError):
    """The step exists, but a condition of law or of the county's policy is not met."""

    default = "条件尚不具备，不能进行这一操作"


class Conflict(AnxinError):
    """Somebody else changed the subject first, or a key was used again for something else."""

    default = "内容已被他人修改，请刷新后再试"
