"""Real clients and tools against the real server process and the document as it ships."""
