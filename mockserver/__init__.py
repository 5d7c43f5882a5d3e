"""A mock of ``POST /v1/videos`` (image-to-video, Sora format) that enforces the rules of ``openapi.yaml``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.app import create_app
    from mockserver.settings import Settings

__all__ = ["Settings", "create_app"]


def __getattr__(name: str) -> Any:
    """What this package offers, loaded when first used: the pytest plugin is imported by everyone's tests."""
    if name == "create_app":
        from mockserver.app import create_app  # noqa: PLC0415

        return create_app
    if name == "Settings":
        from mockserver.settings import Settings  # noqa: PLC0415

        return Settings
    raise AttributeError(f"module 'mockserver' has no attribute '{name}'")
