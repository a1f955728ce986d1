"""Gradients of the best box of a class of a detector.

`heads` (tensors of class heads as rows, and back), `boxes` (the scores of all boxes), `best` (the classes that have
maps, and where their best boxes are), `slopes` (the cotangents of the class heads), `branch` (the map).
"""
