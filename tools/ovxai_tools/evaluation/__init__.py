"""How good maps are.

The pointing game of demo models on held-out pictures and scenes (does a map point at its object?), and all methods
compared by pointing game, insertion, deletion, ADCC and cost.
"""
