"""The words of moments, spans of time and money: pure functions, no template, no clock."""

from datetime import datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
DAY = timedelta(days=1)
UNKNOWN = "不详"


def moment(value: datetime | str) -> datetime:
    """An aware moment in Chinese time, from a datetime or from the ISO text a query returns.

    Raises ValueError for a moment without a time zone: guessing one would shift a deadline.
    """
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    if found.tzinfo is None:
        raise ValueError(f"moment without a time zone: {value!r}")
    return found.astimezone(CHINA)


def exact(value: datetime | str) -> str:
    """2023-12-02 17:30, as tables write it."""
    return moment(value).strftime("%Y-%m-%d %H:%M")


def span(length: timedelta) -> str:
    """The length in the two largest sensible units, rounded down: 4 天, 1 天 3 小时, 5 小时, 20 分钟.

    Rounding down makes a remaining time never look longer than it is.
    """
    minutes = int(length.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60
    if days >= 3:
        return f"{days} 天"
    if days:
        rest = hours - days * 24
        return f"{days} 天 {rest} 小时" if rest else f"{days} 天"
    if hours:
        return f"{hours} 小时"
    return f"{minutes} 分钟" if minutes else "不到 1 分钟"


def remaining(due_at: datetime | str, now: datetime | str) -> str:
    """还剩 5 小时 before the moment or at it, 已超期 2 天 after it."""
    left = moment(due_at) - moment(now)
    return f"还剩 {span(left)}" if left >= timedelta(0) else f"已超期 {span(-left)}"


def yuan(fen: int | None) -> str:
    """￥12,600.00 from integer fen; 不详 when nobody knows the sum."""
    if fen is None:
        return UNKNOWN
    sign = "-" if fen < 0 else ""
    whole, cents = divmod(abs(fen), 100)
    return f"{sign}￥{whole:,}.{cents:02d}"


def file_size(size: int) -> str:
    """Bytes as people read them: 512 B, 1.4 KB, 3.0 MB."""
    if size < 1024:
        return f"{size} B"
    return f"{size / 1024:.1f} KB" if size < 1024**2 else f"{size / 1024**2:.1f} MB"
