"""The page for people at ``/_mock/ui``: its files, its live stream, and what it asks of the control interface.

Imported when the page is first opened; a mock whose page nobody opens pays nothing for it.
"""
