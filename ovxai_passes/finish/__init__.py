"""What happens to a raw map before it leaves the model; each module stands alone.

`ranking` (the best classes of each image, found in the graph), `scale` (0 to 255), `feature_vector` (beside the map).
"""
