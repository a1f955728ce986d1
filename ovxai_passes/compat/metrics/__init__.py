"""How good maps are."""

from ovxai_passes.compat.metrics.adcc import ADCC
from ovxai_passes.compat.metrics.insertion_deletion_auc import InsertionDeletionAUC
from ovxai_passes.compat.metrics.pointing_game import PointingGame

__all__ = ["ADCC", "InsertionDeletionAUC", "PointingGame"]
