"""The small trained demo models and their pictures, shipped as data, and how they were made.

Shapes and scenes are drawn by number; networks, training and export need torch. Imports no other room.
"""
