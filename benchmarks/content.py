"""What the content of a video costs: seconds and bytes per file, and what the rest of the process notices of it."""

import asyncio
from io import BytesIO
from time import perf_counter, process_time
from typing import Any

import httpx
from PIL import Image

from mockserver.app import create_app
from mockserver.media.content import ClipSource, make_content
from mockserver.media.renderer import Renderer

SIZES = ((720, 1280), (1280, 720), (1024, 1792), (1792, 1024))
SECONDS = (4, 8, 12)


def reference(width: int, height: int) -> bytes:
    """A picture as busy as a photograph, as a JPEG."""
    coarse = Image.effect_noise((width // 8, height // 8), 80).convert("RGB").resize((width, height))
    fine = Image.effect_noise((width, height), 20).convert("RGB")
    buffer = BytesIO()
    Image.blend(coarse, fine, 0.3).save(buffer, "JPEG")
    return buffer.getvalue()


def report_files() -> None:
    """Each size, length and variant once."""
    print(f"{'variant':12}{'size':>10}{'seconds':>8}{'wall s':>8}{'cpu s':>8}{'kB':>8}")
    for width, height in SIZES:
        picture = reference(width, height)
        for seconds in SECONDS:
            for variant in ("video", "thumbnail", "spritesheet"):
                wall, cpu = perf_counter(), process_time()
                size = len(make_content(variant, ClipSource(picture, width, height, seconds)).body)
                wall, cpu = perf_counter() - wall, process_time() - cpu
                print(f"{variant:12}{f'{width}x{height}':>10}{seconds:>8}{wall:>8.2f}{cpu:>8.2f}{size / 1000:>8.0f}")


async def report_latency() -> None:
    """How long a retrieval takes on the same event loop while four clips are made, from the loading of the encoders."""
    print(f"\n{'retrievals':14}{'count':>8}{'median ms':>11}{'99 % ms':>9}{'worst ms':>10}")
    transport = httpx.ASGITransport(create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://mock") as client:
        await client.get("/v1/videos/video_1")
        report("alone", await retrievals(client, asyncio.create_task(asyncio.sleep(1))))
        renderer = Renderer()
        source = ClipSource(reference(720, 1280), 720, 1280, 4)
        clips = [renderer.get(str(index), "video", lambda: source) for index in range(4)]
        report("beside 4 clips", await retrievals(client, asyncio.gather(*clips)))
        renderer.close()


async def retrievals(client: httpx.AsyncClient, work: asyncio.Future[Any]) -> list[float]:
    """The milliseconds that each retrieval took, one every few, until ``work`` is done."""
    taken = []
    while not work.done():
        due = perf_counter() + 0.005
        await asyncio.sleep(0.005)
        await client.get("/v1/videos/video_1")
        taken.append(1000 * (perf_counter() - due))
    return taken


def report(name: str, taken: list[float]) -> None:
    """One line. What is told counts from when the request was due: a held-up loop sends it late."""
    ordered = sorted(taken)
    median, late, worst = (ordered[int(part * (len(ordered) - 1))] for part in (0.5, 0.99, 1))
    print(f"{name:14}{len(ordered):>8}{median:>11.1f}{late:>9.1f}{worst:>10.1f}")


if __name__ == "__main__":
    asyncio.run(report_latency())
    report_files()
