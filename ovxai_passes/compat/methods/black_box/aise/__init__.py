"""AISE of classifiers and of detectors."""
