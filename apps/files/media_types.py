"""What bytes are, by their content and never by their name (P61).

The name only tells kinds apart that share a container: a spreadsheet is a ZIP too.
"""

import codecs
import re
from pathlib import PurePosixPath

HEAD_BYTES = 4096
UNKNOWN = "application/octet-stream"
HTML, EXECUTABLE = "text/html", "application/x-executable"

MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "application/pdf"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"%!PS", "application/postscript"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (257, b"ustar", "application/x-tar"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
    (0, b"OTTO\x00", "font/otf"),
    (0, b"\x00\x01\x00\x00\x00", "font/ttf"),
    (0, b"MZ", EXECUTABLE),
    (0, b"\x7fELF", EXECUTABLE),
    (0, b"\xfe\xed\xfa\xce", EXECUTABLE),
    (0, b"\xfe\xed\xfa\xcf", EXECUTABLE),
    (0, b"\xce\xfa\xed\xfe", EXECUTABLE),
    (0, b"\xcf\xfa\xed\xfe", EXECUTABLE),
    (0, b"\xca\xfe\xba\xbe", EXECUTABLE),
    (0, b"dex\n", EXECUTABLE),
    (0, b"L\x00\x00\x00\x01\x14\x02\x00", EXECUTABLE),  # a Windows link
    (0, b"#!", EXECUTABLE),
)
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
BRANDS = {
    b"qt  ": "video/quicktime",
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"M4A ": "audio/mp4",
}
OFFICE = "application/vnd.openxmlformats-officedocument"
IN_ZIP = {
    ".docx": f"{OFFICE}.wordprocessingml.document",
    ".xlsx": f"{OFFICE}.spreadsheetml.sheet",
    ".pptx": f"{OFFICE}.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".epub": "application/epub+zip",
}
IN_OLE = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
IN_TEXT = {".csv": "text/csv", ".json": "application/json", ".md": "text/markdown"}
EXECUTABLE_NAMES = frozenset({
    ".apk", ".bat", ".cmd", ".com", ".cpl", ".dll", ".exe", ".hta", ".jar", ".lnk", ".msi",
    ".pif", ".ps1", ".reg", ".scr", ".vbe", ".vbs", ".wsf",
})  # fmt: skip
PROLOG = rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s+|<\?.*?\?>|<!--.*?-->|<!doctype\s+svg.*?>)*"
SVG = re.compile(PROLOG + rb"<svg[\s>/]", re.IGNORECASE | re.DOTALL)
MARKUP = re.compile(
    PROLOG + rb"<(?:!doctype\s+html|html|head|body|script|iframe|object|embed|meta|base|form"
    rb"|style|img|link|a)[\s>/]",
    re.IGNORECASE | re.DOTALL,
)
INLINE = frozenset({
    "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif",
    "text/plain", "text/csv", "video/mp4", "video/webm", "audio/mpeg", "audio/ogg", "audio/wav",
})  # fmt: skip


def media_type_of(head: bytes, name: str) -> str:
    """Return the media type of content that begins with `head` (up to HEAD_BYTES)."""
    suffix = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return IN_ZIP.get(suffix, "application/zip")
    for offset, magic, media_type in MAGIC:
        if head.startswith(magic, offset) and not (magic == b"MZ" and b"\x00" not in head):
            return IN_OLE.get(suffix, media_type) if "ole" in media_type else media_type
    return _container(head) or _text(head, suffix)


def is_executable_name(name: str) -> bool:
    """Whether an operating system would run a file of this name on a double click."""
    return PurePosixPath(name.replace("\\", "/")).suffix.lower() in EXECUTABLE_NAMES


def _container(head: bytes) -> str:
    if head[:4] == b"RIFF":
        return RIFF.get(head[8:12], UNKNOWN)
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12], "video/mp4")
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:  # frame sync, layer III
        return "audio/mpeg"
    return ""


def _text(head: bytes, suffix: str) -> str:
    """Return a type of text, or UNKNOWN. What a browser would run is found first."""
    if b"\x00" in head and head[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        return UNKNOWN
    plain = head.replace(b"\x00", b"")  # UTF-16 markup too
    if SVG.match(plain):
        return "image/svg+xml"
    if MARKUP.match(plain):
        return HTML
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head, len(head) < HEAD_BYTES)
    except UnicodeDecodeError:
        return UNKNOWN
    if plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "application/xml"
    return IN_TEXT.get(suffix, "text/plain")
