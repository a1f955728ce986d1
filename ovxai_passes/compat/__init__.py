r"""The interface of openvino_xai 1.1.0, at the same module paths, over this package.

    sed -E -i 's/\bopenvino_xai\b/ovxai_passes.compat/g' *.py

What agrees is re-exported, the rest adapted: names, order of arguments, what is ignored, types and texts of errors.
What is different on purpose is in the README of `ovxai_passes`. Nothing else of the project imports this room.
"""

from ovxai_passes.compat.api.api import insert_xai
from ovxai_passes.compat.common.parameters import Method, Task
from ovxai_passes.compat.explainer.explainer import Explainer
from ovxai_passes.compat.explainer.explanation import Explanation

__all__ = ["Explainer", "Explanation", "Method", "Task", "insert_xai"]
