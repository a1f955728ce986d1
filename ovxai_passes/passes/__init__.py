"""The stages of an insertion, each a ModelPass."""
