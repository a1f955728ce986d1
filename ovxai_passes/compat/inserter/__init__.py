"""Inserting a branch that is made already, and looking for layers."""
