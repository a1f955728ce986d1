"""Families of operations, by type name."""

from __future__ import annotations

ELEMENTWISE_TYPES = frozenset(
    {
        "Abs",
        "Add",
        "Atan",
        "Ceiling",
        "Clamp",
        "Convert",
        "Cos",
        "Divide",
        "Elu",
        "Equal",
        "Erf",
        "Exp",
        "FakeQuantize",
        "Floor",
        "FloorMod",
        "Gelu",
        "Greater",
        "GreaterEqual",
        "HSigmoid",
        "HSwish",
        "HardSigmoid",
        "Less",
        "LessEqual",
        "Log",
        "LogicalAnd",
        "LogicalNot",
        "LogicalOr",
        "LogicalXor",
        "Maximum",
        "Minimum",
        "Mish",
        "Mod",
        "Multiply",
        "Negative",
        "NotEqual",
        "PRelu",
        "Power",
        "Relu",
        "Round",
        "Select",
        "Selu",
        "Sigmoid",
        "Sign",
        "Sin",
        "SoftPlus",
        "SoftSign",
        "Sqrt",
        "SquaredDifference",
        "Subtract",
        "Swish",
        "Tan",
        "Tanh",
    }
)
"""One element of the result from one element of each input, with broadcasting."""

SHAPE_KEEPING_TYPES = frozenset(
    {"BatchNormInference", "GroupNormalization", "LRN", "LogSoftmax", "MVN", "NormalizeL2", "Softmax"}
)
"""Normalisations: every element of the result is about the element of the first input at its place."""

WINDOW_TYPES = frozenset(
    {
        "AdaptiveAvgPool",
        "AdaptiveMaxPool",
        "AvgPool",
        "BinaryConvolution",
        "Convolution",
        "ConvolutionBackpropData",
        "DeformableConvolution",
        "GroupConvolution",
        "GroupConvolutionBackpropData",
        "Interpolate",
        "MaxPool",
    }
)

REDUCE_TYPES = frozenset({"ReduceL1", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"})
"""Reductions of axes."""
