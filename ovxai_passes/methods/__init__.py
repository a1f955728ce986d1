"""One builder per explanation method: site (and head) → branch."""
