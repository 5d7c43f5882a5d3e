"""The media type of a file that is no picture to be judged, by its first bytes."""

import re

SIGNATURES = (
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (0, b"\0\0\1\0", "image/vnd.microsoft.icon"),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\xff\n", "image/jxl"),
    (4, b"JXL \r\n\x87\n", "image/jxl"),
    (4, b"jP  \r\n\x87\n", "image/jp2"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (8, b"AVI ", "video/x-msvideo"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\3\4", "application/zip"),
)
"""Offset, bytes and type of the files that people send in place of a picture."""

BRANDS = {
    "image/avif": (b"avif", b"avis"),
    "image/heic": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
    "image/heif": (b"mif1", b"msf1", b"mif2", b"miaf"),
    "image/x-canon-cr3": (b"crx ",),
    "video/quicktime": (b"qt  ",),
    "audio/mp4": (b"M4A ", b"M4B "),
    "video/3gpp": (b"3gp4", b"3gp5", b"3gp6", b"3gp7"),
}
"""The brands of each type that is kept in boxes (ISO/IEC 14496-12, section 4.3); any other is of a video."""

SVG = re.compile(rb"(?:\xef\xbb\xbf)?\s*+(?>(?:<!--.*?-->|<[?!].*?>)\s*+){0,8}+<svg[\s/>]", re.DOTALL)
"""An SVG, perhaps behind a declaration, a document type or comments. What was matched is not matched otherwise."""


def other_type(head: bytes) -> str:
    """The media type of a file by its first few hundred bytes; ``application/octet-stream`` where nothing tells."""
    for offset, signature, file_type in SIGNATURES:
        if head.startswith(signature, offset):
            return file_type
    if head[4:8] == b"ftyp":
        return _type_of_boxes(head)
    if SVG.match(head):
        return "image/svg+xml"
    return "text/plain" if _is_text(head) else "application/octet-stream"


def _type_of_boxes(head: bytes) -> str:
    """The type by the brands of a file: the major one, and where that names a container alone, those beside it."""
    beside = head[16 : min(int.from_bytes(head[:4]), len(head))]
    brands = [head[8:12], *(beside[at : at + 4] for at in range(0, len(beside), 4))]
    types = [next((name for name, known in BRANDS.items() if brand in known), "video/mp4") for brand in brands]
    if types[0] != "image/heif":
        return types[0]
    return next((name for name in types if name in ("image/avif", "image/heic")), "image/heif")


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # only the last character is cut off
    return True
