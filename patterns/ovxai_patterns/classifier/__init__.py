"""Class scores, their read-out, and the target layer of a classifier."""
