"""What is compared, and what a model is shown for it.

`shown` (a picture with a class and boxes), `evaluated_model`, `settings` (of methods), `baselines`, `contestants`
(both), `black_boxes`, `grids` (GridPG).
"""
