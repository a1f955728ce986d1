"""What happens to a raw map before it leaves the model.

`ranking` (the best classes of each image, found in the graph), `scale` (0 to 255), `zero_scale` (the same from zero),
`image` (the picture of the model's input), `resize`, `threshold`; pictures of the map: `colour_tables`, `colour`,
`overlay`; `feature_vector` (beside it).
"""
