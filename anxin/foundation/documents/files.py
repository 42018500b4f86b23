"""What may be stored: the type is read from the content, the name is only for showing.

Every refusal is a `BadInput` on the field `file` that says in Chinese what to do.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from PIL import Image, ImageOps

from anxin.foundation.documents.storage import digest
from anxin.foundation.kernel.errors import BadInput

NAME_LENGTH = 120
MAX_PIXELS = 64_000_000
"""More than a phone camera makes; decoded, it is some 200 MB of memory."""
MAX_MEMBERS = 5_000
MAX_UNPACKED = 256 * 1024 * 1024
MAX_RATIO = 200
"""Office files shrink to a tenth; a file that unpacks to two hundred times its size is an attack."""

ALLOWED = "图片（jpg、png、webp）、PDF、Word（docx）、Excel（xlsx）、文本（txt）、视频（mp4）、录音（m4a、wav、amr）"

MIMES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
    "mp4": "video/mp4",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "amr": "audio/amr",
}
_PIL = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_SAME = {"jpeg": "jpg", "jfif": "jpg", "m4v": "mp4"}
_VIDEO = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"dash"}
_AUDIO = {b"M4A ", b"M4B "}
_OFFICE = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}
_BAD_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True)
class Received:
    """A file as it came in."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Checked:
    """A file fit to be stored; `received_sha256` is the hash before an image was re-encoded."""

    name: str
    content: bytes
    suffix: str
    mime: str
    sha256: str
    received_sha256: str


def received(file: Any, text: str, *, limit: int) -> Received:
    """The bytes of an upload (`name`, `size`, `read`), of {name, content}, or of plain words (kept as a text file)."""
    if file is not None and text:
        raise _bad("文件和文字只能提供一种，请删去其中一项")
    if file is None:
        if not text.strip():
            raise _bad("请选择文件，或填写文字内容")
        return Received("文字记录.txt", _bounded(text.encode(), limit))
    name, content = _parts(file, limit)
    if not content:
        raise _bad("文件是空的，请重新选择")
    return Received(name, _bounded(content, limit))


def checked(file: Received) -> Checked:
    """Recognise the type, drop the metadata of images, clean the name. Raises `BadInput`."""
    suffix = kind_of(file.content)
    if suffix is None:
        raise _bad(f"不支持这种文件。可以上传：{ALLOWED}", fix="苹果手机的照片请先转为 jpg")
    _check_suffix(file.name, suffix)
    content = _without_metadata(file.content, suffix) if suffix in _PIL else file.content
    return Checked(
        name=clean_name(file.name, suffix),
        content=content,
        suffix=suffix,
        mime=_mime(suffix, content),
        sha256=digest(content),
        received_sha256=digest(file.content),
    )


def kind_of(content: bytes) -> str | None:
    """The suffix that the content deserves, or None when it is nothing we store."""
    head = content[:16]
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(content[8:12])
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _office(content)
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return "mp4" if brand in _VIDEO else "m4a" if brand in _AUDIO else None
    if head.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "amr"
    return "txt" if _charset(content) else None


def clean_name(name: str, suffix: str) -> str:
    """A name that is safe to show and to download: no folders, no invisible characters, at most 120 characters."""
    base = unicodedata.normalize("NFC", name.replace("\\", "/")).rsplit("/", 1)[-1]
    base = "".join(c for c in base if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    stem = base.rpartition(".")[0] if _suffix_of(base) == suffix else base
    stem = re.sub(r"\s+", " ", stem).strip(" .") or "未命名"
    return f"{stem[: NAME_LENGTH - len(suffix) - 1]}.{suffix}"


def _parts(file: Any, limit: int) -> tuple[str, bytes]:
    if isinstance(file, Mapping):
        content = file.get("content")
        raw = content.encode() if isinstance(content, str) else content
        if not isinstance(raw, bytes) or not isinstance(file.get("name", ""), str):
            raise _bad("文件应写作 {name, content}")
        return str(file.get("name", "")), raw
    if not callable(getattr(file, "read", None)):
        raise _bad("请选择要上传的文件")
    if isinstance(size := getattr(file, "size", None), int) and size > limit:
        raise _too_large(limit)
    content = file.read(limit + 1)
    return str(getattr(file, "name", "") or ""), content.encode() if isinstance(content, str) else bytes(content)


def _bounded(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise _too_large(limit)
    return content


def _check_suffix(name: str, suffix: str) -> None:
    """A name that promises something else than the content is a mistake or a trick; both are told."""
    said = _suffix_of(name)
    if said and said != suffix:
        raise _bad(f"文件名写的是 {said}，内容却是 {suffix}，请核对后重新选择")


def _suffix_of(name: str) -> str:
    """The suffix a name claims; "" for none, and for a last part that is no suffix ("2023.12.1 工资条")."""
    suffix = PurePosixPath(name.replace("\\", "/").strip()).suffix.lstrip(".").lower()
    if not re.fullmatch(r"[a-z][a-z0-9]{0,7}", suffix):
        return ""
    return _SAME.get(suffix, suffix)


def _office(content: bytes) -> str | None:
    """Word or Excel by the parts inside; nothing is unpacked, only the table of contents is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError):
        raise _bad("文件已损坏，请重新保存后再上传") from None
    unpacked = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(len(content), 10_000):
        raise _bad("文件解压后过大，不予接收，请另存为普通文档后再上传")
    if any(member.flag_bits & 1 for member in members):
        raise _bad("文件已加密，请去掉密码后再上传")
    names = {member.filename for member in members}
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise _bad("文件带有宏，请另存为不带宏的 docx 或 xlsx 后再上传")
    found = [suffix for part, suffix in _OFFICE.items() if part in names]
    return found[0] if "[Content_Types].xml" in names and len(found) == 1 else None


def _charset(content: bytes) -> str:
    """The charset of plain text, "" when this is no text."""
    for charset in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(charset)
        except UnicodeDecodeError:
            continue
        return "" if _BAD_TEXT.search(text) else charset.removesuffix("-sig")
    return ""


def _mime(suffix: str, content: bytes) -> str:
    return f"text/plain; charset={_charset(content)}" if suffix == "txt" else MIMES[suffix]


def _without_metadata(content: bytes, suffix: str) -> bytes:
    """The picture alone, upright: where and with which phone it was taken may betray who reported."""
    try:
        with Image.open(io.BytesIO(content), formats=[_PIL[suffix]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _bad("图片尺寸过大，请缩小后再上传")
            if getattr(image, "is_animated", False) and suffix != "jpg":
                raise _bad("请上传静态图片，动图请改为视频（mp4）")
            picture = _plain(ImageOps.exif_transpose(image), suffix)
        out = io.BytesIO()
        picture.save(out, _PIL[suffix], **({} if suffix == "png" else {"quality": 90}))
    except BadInput:
        raise
    # Decoders meet hostile bytes here; Pillow documents no closed list of what they raise.
    except Exception:
        raise _bad("图片已损坏，无法打开，请重新拍照或另存后再上传") from None
    return out.getvalue()


def _plain(image: Image.Image, suffix: str) -> Image.Image:
    """Pixels only, in a mode that every viewer shows."""
    clear = suffix != "jpg" and (image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info)
    mode = "RGBA" if clear else "L" if image.mode in ("1", "L") else "RGB"
    picture = image.convert(mode)
    bare = Image.new(mode, picture.size)
    bare.paste(picture)
    return bare


def _bad(message: str, *, fix: str = "") -> BadInput:
    return BadInput(fields={"file": message}, fix=fix)


def _too_large(limit: int) -> BadInput:
    return _bad(f"文件太大，请不超过 {f'{limit >> 20} MB' if limit >= 1 << 20 else f'{limit} 字节'}")
