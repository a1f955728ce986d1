"""torch, where it is installed, and converting its models."""
