"""Nodes and constants that branches are made of, what plugins fuse, and what it costs."""
