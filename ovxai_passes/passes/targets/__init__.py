"""What Locate finds, a file each: the task (`task`), the target of a classifier, that of a detector.

In order: task, best (what that method stands for), measured (defaults), gradients, classifier, level_gradients (of a
detector), detector_search, detector. Each leaves what it finds in the InsertionState.
"""
