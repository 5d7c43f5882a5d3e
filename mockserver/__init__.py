"""A mock of ``POST /v1/videos`` (image-to-video, Sora format) that enforces the rules of ``openapi.yaml``."""

from mockserver.app import create_app
from mockserver.settings import Settings

__all__ = ["Settings", "create_app"]
