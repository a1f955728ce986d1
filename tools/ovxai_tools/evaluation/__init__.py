"""How good maps are.

Of any model on any pictures: `data` (pictures, classes, boxes), `compared` (settings, baselines), `metrics`, `results`
(intervals, tables, files), `page` (index.html), `prepare`, `run`. Of the demo models: the pointing game on held-out
pictures and scenes, and methods compared by pointing game, insertion, deletion, ADCC and cost (`quality`).
"""
