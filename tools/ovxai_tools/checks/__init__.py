"""Verifying augmented models, measuring them, and both over many models."""
