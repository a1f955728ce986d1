"""How good maps are: do they point at the object, and does the model change its mind without what they mark?

`base` (a model that is asked, and pairs of maps and pictures); `adcc`, `insertion_deletion_auc`, `pointing_game`.
"""

from ovxai_passes.metrics.adcc import ADCC
from ovxai_passes.metrics.insertion_deletion_auc import InsertionDeletionAUC
from ovxai_passes.metrics.pointing_game import PointingGame

__all__ = ["ADCC", "InsertionDeletionAUC", "PointingGame"]
