"""Command-line programs over ovxai_passes, and the demo models that they ship with."""
