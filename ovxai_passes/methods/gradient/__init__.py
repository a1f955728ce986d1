"""Methods that read gradients of class scores, a file each, with what they share.

`rows` (a feature map and its gradients, row by row), `differentiated` (what is differentiated, as cotangents of the
class scores), `branch` (the backward walk as a branch, with the map at its end), `detectors` (of the best box of a
class), `weighted` (weighted sums of feature maps, of classifiers and detectors), then the methods.
"""
