"""What to look for in a model: what it does, class scores, positions, read-outs, target layers, instances.

This package knows nothing of explanation methods. It reads models and never changes them. Imports go one way:
`analysis` ← `matchers` ← `classifier` ← `detector` ← `task`. Start with `ModelAnalysis(model)`; `find_task`,
`TargetSearch` and `Detector` ask it.
"""
