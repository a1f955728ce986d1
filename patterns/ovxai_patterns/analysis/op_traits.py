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

# what patterns ask

SHAPE_READING_TYPES = frozenset({"ShapeOf"})
"""They read a shape: no value of their input reaches their result."""

VARYING_TYPES = frozenset({"Parameter", "ReadValue"})
"""Their results can change from one inference to the next, whatever they are given."""

CONVOLUTION_TYPES = frozenset({"Convolution", "GroupConvolution"})

CHANNEL_MIXING_TYPES = frozenset({"Convolution", "MatMul"})
"""Products that sum over all channels: of a tensor with weights, they project it."""

LEARNED_TYPES = CONVOLUTION_TYPES | CHANNEL_MIXING_TYPES
"""Layers, where one input is of constant weights."""

LOCAL_WINDOW_TYPES = CONVOLUTION_TYPES | {"MaxPool"}
"""Windows that may make a map of one place and still see only what is around it."""

ALONG_AXES_TYPES = frozenset({"LogSoftmax", "MVN", "NormalizeL2", "Softmax"})
"""Normalisations along axes that an input or the attribute `axis` names."""

LAYOUT_TYPES = frozenset({"Reshape", "Squeeze", "Transpose", "Unsqueeze"})
"""Movement that leaves no element out and adds none."""

SAME_VALUES_TYPES = LAYOUT_TYPES | {"Convert"}
"""The values of the first input, laid out otherwise or of another type."""

ROUNDED_VALUES_TYPES = SAME_VALUES_TYPES | {"FakeQuantize"}
"""The same but for rounding."""

SCALING_TYPES = frozenset({"Multiply", "Subtract"})
"""What whole numbers are dequantised by: the scale and the zero point."""

AFFINE_TYPES = SCALING_TYPES | {"Add", "Divide"}
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

MONOTONE_TYPES = ACTIVATION_TYPES | {"Clamp", "Convert", "FakeQuantize", "Maximum", "Minimum", "Power", "Sqrt"}
"""Of class scores, and of a constant where they read a second input, they keep the order."""

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

MATRIX_PRODUCT_TYPES = frozenset({"MatMul", "ScaledDotProductAttention"})

LOOP_TYPES = frozenset({"Loop", "TensorIterator"})

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

ACTIVATION_OPERATIONS = ("opset8.Softmax", "opset1.Softmax", "opset5.LogSoftmax", "opset1.Sigmoid")
"""Final activations of classifiers, each version by its name in patterns."""

ATTENTION_OPERATIONS = ("opset13.ScaledDotProductAttention", "opset1.MatMul")
"""What attention is made of, by names in patterns."""

POOLING_OPERATIONS = (
    *("opset1.AvgPool", "opset14.AvgPool", "opset1.MaxPool", "opset8.MaxPool", "opset14.MaxPool"),
    *("opset8.AdaptiveAvgPool", "opset8.AdaptiveMaxPool"),
    *(f"opset{4 if kind in ('ReduceL1', 'ReduceL2') else 1}.{kind}" for kind in sorted(REDUCE_TYPES)),
)
"""Poolings and reductions, by names in patterns."""


def attends(kind: str, varying: int) -> bool:
    """Whether an operation of a type may be an attention: a product of two tensors of which so many vary."""
    return kind == "ScaledDotProductAttention" or (kind == "MatMul" and varying > 1)
