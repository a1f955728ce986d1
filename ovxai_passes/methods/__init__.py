"""The methods of explanation, a file each, with what they share; `registry.py` names them all.

`target` (what a method reads), `spec` (what a method is), `rows` and `tokens` (of a feature map), `budget` (what a
branch may cost), `masked` (the exact branch or the naive one, within the budget).
"""
