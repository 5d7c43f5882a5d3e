"""``python -m benchmarks.redaction``: how fast the kit takes a token out of answers, in MB a second of CPU."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from typing import TextIO

from contract_tests.model.redaction import MASK, Redactor

TOKEN = "sk-proj-Zq3/8vXk+T5pLw9Rb2Nc7Hd"  # noqa: S105  no secret
GOAL = 50.0
"""MB a second, to be reached by each kind of body but the last, which nobody sends but to hold up the kit."""


def bodies(size: int) -> dict[str, bytes]:
    """Answers of about so many bytes, by what they are."""
    video = json.dumps({"id": "video_6b0e9922dcf880a6cfd4905f58921437", "status": "queued", "size": "720x1280"})
    escaped = "".join(f"\\u{ord(char):04x}" for char in TOKEN)
    near = TOKEN[:-1] + "\x00"
    return {
        "JSON without the token": (video * (size // len(video))).encode(),
        "bytes of a video": bytes(range(256)) * (size // 256),
        "the token once, at the end": (video * (size // len(video)) + f' "{TOKEN}"').encode(),
        "the token in each kilobyte": (("x " * 500 + f'"{TOKEN}" ') * (size // 1032)).encode(),
        "the token escaped, in each kilobyte": (("x " * 450 + f'"{escaped}" ') * (size // 1090)).encode(),
        "all but the token's end, again and again": (near * (size // len(near))).encode(),
    }


def main(argv: Sequence[str] | None = None, stdout: TextIO = sys.stdout) -> int:
    """Print a line for each kind of body; 1 where one is slower than the goal."""
    parser = argparse.ArgumentParser("python -m benchmarks.redaction", description="How fast answers are redacted.")
    parser.add_argument("--megabytes", type=float, default=20.0, help="of each body (%(default)s)")
    options = parser.parse_args(argv)
    redactor, slow = Redactor(TOKEN), False
    for name, body in bodies(int(options.megabytes * 1e6)).items():
        started = time.process_time()
        masked = redactor.data(body)
        speed = len(body) / 1e6 / (time.process_time() - started)
        slow |= speed < GOAL and not name.startswith("all but")
        stdout.write(f"{name:42} {speed:8.0f} MB/s {masked.count(MASK.encode()):8} masked\n")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
