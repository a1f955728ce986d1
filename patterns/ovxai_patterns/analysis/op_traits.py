"""Facts about operations, by type name: the one table that all rules and searches ask.

A type is declared once, with all its traits. Sets of types that many ask for have names below; `types_with` makes
others. What a plugin fuses is no fact about operations: `ovxai_passes/ops/fusions.py` tells that. Which inputs of a
movement operation hold data stands in `movement.py`.
"""

from __future__ import annotations

from enum import Flag, auto
from types import MappingProxyType


class Trait(Flag):
    """What an operation does to values. `|` joins traits.

    POSITION_WISE: one element of the result from one element of each input, with broadcasting. LINEAR: of those, a sum
    of its inputs, signs and types aside. SCALING: of those, a product or a quotient. NORMALISATION: every element of
    the result is about the element of the first input at its place. ALONG_AXES: mixes the elements along axes that an
    attribute or a further input names, and keeps the shape. WINDOW: looks at windows of positions. CONVOLUTION,
    POOLING: of those. REDUCTION: takes axes away. LEARNED: multiplies by weights where one input is constant.
    PRODUCT: multiplies two tensors, each of which may vary. ATTENTION: scaled-dot-product attention in one operation.
    RESHAPING: the same elements in the same order, of another shape. BATCH_WISE: never mixes entries of the first axis
    of its first input. NOT_COMPUTED: says where values come from or go to. VARYING_SOURCE: its value may change from
    one inference to the next. LOOP: runs a body several times. WITH_BODY: holds models of its own.
    """

    POSITION_WISE = auto()
    LINEAR = auto()
    SCALING = auto()
    NORMALISATION = auto()
    ALONG_AXES = auto()
    WINDOW = auto()
    CONVOLUTION = auto()
    POOLING = auto()
    REDUCTION = auto()
    LEARNED = auto()
    PRODUCT = auto()
    ATTENTION = auto()
    RESHAPING = auto()
    BATCH_WISE = auto()
    NOT_COMPUTED = auto()
    VARYING_SOURCE = auto()
    LOOP = auto()
    WITH_BODY = auto()


_BATCHED_WINDOW = Trait.WINDOW | Trait.BATCH_WISE
_CONVOLVES = _BATCHED_WINDOW | Trait.CONVOLUTION
_POOLS = _BATCHED_WINDOW | Trait.POOLING
_NORMALISES_ALONG = Trait.NORMALISATION | Trait.ALONG_AXES

OP_TRAITS = MappingProxyType(
    {
        "Abs": Trait.POSITION_WISE,
        "AdaptiveAvgPool": _POOLS,
        "AdaptiveMaxPool": _POOLS,
        "Add": Trait.POSITION_WISE | Trait.LINEAR,
        "Atan": Trait.POSITION_WISE,
        "AvgPool": _POOLS,
        "BatchNormInference": Trait.NORMALISATION,
        "BinaryConvolution": Trait.WINDOW,
        "Ceiling": Trait.POSITION_WISE,
        "Clamp": Trait.POSITION_WISE,
        "Constant": Trait.NOT_COMPUTED,
        "Convert": Trait.POSITION_WISE | Trait.LINEAR,
        "Convolution": _CONVOLVES | Trait.LEARNED,
        "ConvolutionBackpropData": _CONVOLVES,
        "Cos": Trait.POSITION_WISE,
        "DeformableConvolution": Trait.WINDOW,
        "DepthToSpace": Trait.BATCH_WISE,
        "Divide": Trait.POSITION_WISE | Trait.SCALING,
        "Elu": Trait.POSITION_WISE,
        "Equal": Trait.POSITION_WISE,
        "Erf": Trait.POSITION_WISE,
        "Exp": Trait.POSITION_WISE,
        "FakeQuantize": Trait.POSITION_WISE,
        "Floor": Trait.POSITION_WISE,
        "FloorMod": Trait.POSITION_WISE,
        "Gelu": Trait.POSITION_WISE,
        "Greater": Trait.POSITION_WISE,
        "GreaterEqual": Trait.POSITION_WISE,
        "GroupConvolution": _CONVOLVES | Trait.LEARNED,
        "GroupConvolutionBackpropData": _CONVOLVES,
        "GroupNormalization": Trait.NORMALISATION,
        "HSigmoid": Trait.POSITION_WISE,
        "HSwish": Trait.POSITION_WISE,
        "HardSigmoid": Trait.POSITION_WISE,
        "If": Trait.WITH_BODY,
        "Interpolate": _BATCHED_WINDOW,
        "LRN": Trait.NORMALISATION | Trait.BATCH_WISE,
        "Less": Trait.POSITION_WISE,
        "LessEqual": Trait.POSITION_WISE,
        "Log": Trait.POSITION_WISE,
        "LogSoftmax": _NORMALISES_ALONG,
        "LogicalAnd": Trait.POSITION_WISE,
        "LogicalNot": Trait.POSITION_WISE,
        "LogicalOr": Trait.POSITION_WISE,
        "LogicalXor": Trait.POSITION_WISE,
        "Loop": Trait.WITH_BODY | Trait.LOOP,
        "MVN": _NORMALISES_ALONG,
        "MatMul": Trait.LEARNED | Trait.PRODUCT,
        "MaxPool": _POOLS,
        "Maximum": Trait.POSITION_WISE,
        "Minimum": Trait.POSITION_WISE,
        "Mish": Trait.POSITION_WISE,
        "Mod": Trait.POSITION_WISE,
        "Multiply": Trait.POSITION_WISE | Trait.SCALING,
        "Negative": Trait.POSITION_WISE | Trait.LINEAR,
        "NormalizeL2": _NORMALISES_ALONG,
        "NotEqual": Trait.POSITION_WISE,
        "PRelu": Trait.POSITION_WISE,
        "Parameter": Trait.NOT_COMPUTED | Trait.VARYING_SOURCE,
        "Power": Trait.POSITION_WISE,
        "ReadValue": Trait.VARYING_SOURCE,
        "ReduceL1": Trait.REDUCTION,
        "ReduceL2": Trait.REDUCTION,
        "ReduceMax": Trait.REDUCTION,
        "ReduceMean": Trait.REDUCTION,
        "ReduceMin": Trait.REDUCTION,
        "ReduceProd": Trait.REDUCTION,
        "ReduceSum": Trait.REDUCTION,
        "Relu": Trait.POSITION_WISE,
        "Reshape": Trait.RESHAPING,
        "Result": Trait.NOT_COMPUTED,
        "Round": Trait.POSITION_WISE,
        "ScaledDotProductAttention": Trait.ATTENTION | Trait.PRODUCT,
        "Select": Trait.POSITION_WISE,
        "Selu": Trait.POSITION_WISE,
        "ShuffleChannels": Trait.BATCH_WISE,
        "Sigmoid": Trait.POSITION_WISE,
        "Sign": Trait.POSITION_WISE,
        "Sin": Trait.POSITION_WISE,
        "SoftPlus": Trait.POSITION_WISE,
        "SoftSign": Trait.POSITION_WISE,
        "Softmax": _NORMALISES_ALONG,
        "SpaceToDepth": Trait.BATCH_WISE,
        "Sqrt": Trait.POSITION_WISE,
        "SquaredDifference": Trait.POSITION_WISE,
        "Squeeze": Trait.RESHAPING,
        "Subtract": Trait.POSITION_WISE | Trait.LINEAR,
        "Swish": Trait.POSITION_WISE,
        "Tan": Trait.POSITION_WISE,
        "Tanh": Trait.POSITION_WISE,
        "TensorIterator": Trait.WITH_BODY | Trait.LOOP,
        "Unsqueeze": Trait.RESHAPING,
    }
)
"""Type name → its traits; a type that is not named has none."""


def types_with(traits: Trait) -> frozenset[str]:
    """The types that have all of `traits`."""
    return frozenset(kind for kind, own in OP_TRAITS.items() if traits in own)


ELEMENTWISE_TYPES = types_with(Trait.POSITION_WISE)
SHAPE_KEEPING_TYPES = types_with(Trait.NORMALISATION)
ALONG_AXES_TYPES = types_with(Trait.ALONG_AXES)
WINDOW_TYPES = types_with(Trait.WINDOW)
CONVOLUTION_TYPES = types_with(Trait.CONVOLUTION)
POOLING_TYPES = types_with(Trait.POOLING)
REDUCE_TYPES = types_with(Trait.REDUCTION)
LEARNED_TYPES = types_with(Trait.LEARNED)
PRODUCT_TYPES = types_with(Trait.PRODUCT)
ATTENTION_TYPES = types_with(Trait.ATTENTION)
RESHAPING_TYPES = types_with(Trait.RESHAPING)

# what patterns ask

SHAPE_READING_TYPES = frozenset({"ShapeOf"})
"""They read a shape: no value of their input reaches their result."""

VARYING_TYPES = types_with(Trait.VARYING_SOURCE)
"""Their results can change from one inference to the next, whatever they are given."""

LEARNED_CONVOLUTION_TYPES = types_with(Trait.LEARNED | Trait.CONVOLUTION)

CHANNEL_MIXING_TYPES = frozenset({"Convolution", "MatMul"})
"""Products that sum over all channels: of a tensor with weights, they project it."""

LOCAL_WINDOW_TYPES = LEARNED_CONVOLUTION_TYPES | {"MaxPool"}
"""Windows that may make a map of one place and still see only what is around it."""

LAYOUT_TYPES = frozenset({"Reshape", "Squeeze", "Transpose", "Unsqueeze"})
"""Movement that leaves no element out and adds none."""

SAME_VALUES_TYPES = LAYOUT_TYPES | {"Convert"}
"""The values of the first input, laid out otherwise or of another type."""

ROUNDED_VALUES_TYPES = SAME_VALUES_TYPES | {"FakeQuantize"}
"""The same but for rounding."""

DEQUANTISING_TYPES = frozenset({"Multiply", "Subtract"})
"""What whole numbers are dequantised by: the scale and the zero point."""

AFFINE_TYPES = DEQUANTISING_TYPES | {"Add", "Divide"}
"""Affine where the other input is constant."""

BESIDE_PRODUCT_TYPES = frozenset({"Add", "Convert", "FakeQuantize", "Multiply"})
"""What stands between a product and what reads it: bias, scale, rounding, type."""

CHANNEL_KEEPING_TYPES = ELEMENTWISE_TYPES | SHAPE_KEEPING_TYPES | {"Interpolate", "Pad"}
"""Channels stay what and where they are."""

NORM_REDUCTION_TYPES = frozenset({"MVN", "NormalizeL2", "ReduceL2", "ReduceMean", "ReduceSum"})
"""What LayerNorm, RMSNorm and their relatives reduce over channels by."""

NORM_TYPES = NORM_REDUCTION_TYPES | AFFINE_TYPES | {"Convert", "Power", "Sqrt", "SquaredDifference"}
"""What such norms consist of, whole or spelled out."""

SOFTMAX_TYPES = frozenset({"LogSoftmax", "Softmax"})

SHARES_TYPES = frozenset({"Sigmoid", "Softmax"})
"""They make scores from 0 to 1."""

ACTIVATION_TYPES = SOFTMAX_TYPES | {"HSigmoid", "HardSigmoid", "Sigmoid"}
"""The last activations of class scores."""

HIDDEN_ACTIVATION_TYPES = frozenset({"Elu", "Gelu", "HSwish", "Relu", "Sigmoid", "Swish"})
"""What stands between two learned layers."""

MONOTONE_TYPES = ACTIVATION_TYPES | {"Clamp", "Convert", "FakeQuantize", "Maximum", "Minimum", "Power", "Sqrt"}
"""Of class scores, and of a constant where they read a second input, they keep the order."""

SCALE_TYPES = frozenset({"Exp", "Power", "Sqrt"})
"""What learned scales and temperatures are made by, of constants."""

ARITHMETIC_TYPES = AFFINE_TYPES | CHANNEL_MIXING_TYPES | {"Exp", "ReduceSum"}
"""What boxes are decoded by."""

RANKING_TYPES = frozenset({"Greater", "GreaterEqual", "ReduceMax", "TopK"})
"""What is done with class scores to choose among them."""

SCORE_TAIL_TYPES = (
    ROUNDED_VALUES_TYPES
    | AFFINE_TYPES
    | {"AdaptiveAvgPool", "AvgPool", "Clamp", "Concat", "Gather", "MaxPool", "Maximum"}
    | {"ReduceMax", "ReduceMean", "ReduceSum", "Relu"}
)
"""What may stand between a classifying layer and the class scores."""

LOOP_TYPES = types_with(Trait.LOOP)

ROI_EXTRACTOR_TYPE = "ExperimentalDetectronROIFeatureExtractor"
"""It pools from several maps: all inputs but the first, which are the regions."""

ROI_TYPES = frozenset(
    {"DeformablePSROIPooling", "PSROIPooling", "ROIAlign", "ROIAlignRotated", "ROIPooling", ROI_EXTRACTOR_TYPE}
)
"""They pool regions of interest."""

SCORE_INPUTS = {"DetectionOutput": 1, "MatrixNms": 1, "MulticlassNms": 1, "NonMaxSuppression": 1}
"""Operations that suppress boxes → the input that takes class scores."""

DETECTOR_TYPES = (
    ROI_TYPES
    | frozenset(SCORE_INPUTS)
    | {"ExperimentalDetectronDetectionOutput", "NMSRotated", "Proposal", "RegionYolo"}
)
"""No other networks than detectors have them."""


def attends(kind: str, varying: int) -> bool:
    """Whether an operation of a type may be an attention: a product of two tensors of which so many vary."""
    return kind == "ScaledDotProductAttention" or (kind == "MatMul" and varying > 1)
