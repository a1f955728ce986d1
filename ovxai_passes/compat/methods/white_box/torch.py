"""Methods for torch modules, which are not here yet: their construction says what to do instead."""

from __future__ import annotations

from typing import Any, NoReturn


class TorchWhiteBoxMethod:
    """A method in hooks of a torch module; not here yet."""

    def __new__(cls, *_: Any, **__: Any) -> NoReturn:
        """Raises NotImplementedError."""
        raise NotImplementedError(
            "torch modules are not explained here: convert them first, openvino.convert_model(model, example_input=x)"
        )


class TorchActivationMap(TorchWhiteBoxMethod):
    """ActivationMap of a torch module; not here yet."""


class TorchReciproCAM(TorchWhiteBoxMethod):
    """ReciproCAM of a torch module; not here yet."""


class TorchViTReciproCAM(TorchReciproCAM):
    """ViT-ReciproCAM of a torch module; not here yet."""
