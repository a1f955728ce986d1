"""The command lines. None imports another."""
