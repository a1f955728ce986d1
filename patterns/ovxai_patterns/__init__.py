"""What to look for in a model: class scores, positions, read-outs, target layers.

This package knows nothing of explanation methods. It reads models and never changes them.
"""
