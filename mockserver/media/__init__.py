"""Video content: MP4, thumbnails, sprite sheets."""
