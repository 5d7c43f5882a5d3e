"""What a file is that is no picture we can judge: only to name it in a refusal."""

SIGNATURES = (
    (0, b"BM", "image/bmp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"<svg", "image/svg+xml"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftyp", "video/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\3\4", "application/zip"),
)
"""Offset, bytes and type of the files that people send in place of a picture."""


def other_type(head: bytes) -> str:
    """The media type of a file by its first few hundred bytes; ``application/octet-stream`` where nothing tells."""
    for offset, signature, file_type in SIGNATURES:
        if head.startswith(signature, offset):
            return file_type
    return "text/plain" if _is_text(head) else "application/octet-stream"


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # only the last character is cut off
    return True
