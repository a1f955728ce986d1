"""The definitions of what becomes of a raw map: its scale, and what is shown of it."""
