"""Invented people, firms and numbers.

Check digits are right, so every check of the house passes; but identity numbers and credit codes begin with a region
that does not exist (99), and the phone numbers all lie in one block, so that none can be anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from anxin.foundation.kernel import identifiers
from anxin.foundation.kernel.errors import BadInput

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚应章楼施"
)
GIVEN = "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红建国志文海燕春梅冬生福贵永康长根水法金云素珍小龙大有"
FIRST = "栎汀岚澄垚芷黛霁樾沅珩澍菡峤漪箬旸玹苒嵘翊昳楠泓"
SECOND = "禾砚柚溪舟渡鸣笙霖野岑穗棠霄汐杉橡序禺蘅粟篱茗翎"
PRODUCTS = {
    "manufacturing": (
        "五金制品", "五金工具", "电动工具", "门业", "防盗门", "杯业", "保温杯", "不锈钢制品", "模具", "厨具", "炊具",
        "休闲用品", "园林工具", "健身器材", "压铸", "铝制品", "车业配件", "度假器材", "包装", "涂装",
    ),
    "services": ("物流", "物业服务", "家政服务", "机械修理", "人力资源", "保洁服务"),
    "catering": ("餐饮管理", "食品", "饭店"),
}  # fmt: skip
LEGAL = ("有限公司", "有限公司", "有限公司", "工贸有限公司", "厂")
ID_REGION, CREDIT_REGION = "990784", "91990784"
CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Human:
    """Somebody invented."""

    name: str
    phone: str
    id_number: str


class Inventor:
    """Draws names and numbers from one seeded source; no number comes twice."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.serial = 0
        self.firms: set[str] = set()
        self.codes = self._codes()

    def name(self) -> str:
        given = self.rng.choice(GIVEN) + (self.rng.choice(GIVEN) if self.rng.random() < 0.7 else "")
        return self.rng.choice(SURNAMES) + given

    def phone(self) -> str:
        """One of a block of a million numbers kept for the demo."""
        self.serial += 1
        return f"19900{self.serial:06d}"

    def human(self) -> Human:
        phone = self.phone()
        born = f"{self.rng.randint(1963, 2003)}{self.rng.randint(1, 12):02d}{self.rng.randint(1, 28):02d}"
        body = f"{ID_REGION}{born}{self.serial % 1000:03d}"
        return Human(self.name(), phone, completed(body, "0123456789X", identifiers.id_number))

    def firm(self, sector: str) -> str:
        """A firm of a sector whose name nobody in this county has."""
        while True:
            name = f"永康市{self.brand()}{self.rng.choice(PRODUCTS[sector])}{self.rng.choice(LEGAL)}"
            if name not in self.firms:
                self.firms.add(name)
                return name

    def named(self, kind: str) -> str:
        """A firm whose name ends in `kind`."""
        while (name := f"浙江{self.brand()}{kind}") in self.firms:
            continue
        self.firms.add(name)
        return name

    def brand(self) -> str:
        """Two rare characters, to keep clear of firms that exist."""
        return self.rng.choice(FIRST) + self.rng.choice(SECOND)

    def credit_code(self) -> str:
        return next(self.codes)

    def _codes(self) -> Iterator[str]:
        for n in range(100_000_000):
            yield completed(f"{CREDIT_REGION}{n:07d}MA"[:17], CREDIT_LETTERS, identifiers.credit_code)


def completed(body: str, alphabet: str, check: object) -> str:
    """`body` with the check character that makes it valid."""
    for last in alphabet:
        try:
            return check(body + last)  # type: ignore[operator]
        except BadInput:
            continue
    raise AssertionError(body)
