"""The head: the part of a classifier from the target to the class scores, an ov.Model of its own."""
