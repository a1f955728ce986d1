"""Parameters and small functions that other modules share."""

from ovxai_passes.compat.common.parameters import Method, Task
from ovxai_passes.compat.common.utils import has_xai, scaling

__all__ = ["Method", "Task", "has_xai", "scaling"]
