"""What is explained, by which method, and how the map is made."""

from __future__ import annotations

from dataclasses import dataclass

from ovxai_patterns.matchers.pattern import GraphPattern

from ovxai_passes.option_checks import class_problem, label_problem, layer_problem, method_problem
from ovxai_passes.option_patterns import parsed_pattern, pattern_problem
from ovxai_passes.option_spec import MethodTrait, OptionSpec, option
from ovxai_passes.vocabulary import CLASSIFIERS, DETECTORS, Contrast, Defaults, GradientOf, Mask, Method, Scaling, Task


@dataclass(frozen=True)
class MapOptions:
    """The fields of `Options` that are about maps of scores."""

    task: Task = option(Task.AUTO, OptionSpec("What the model does; auto tells from its outputs.", (Task,), asks=False))
    method: Method | tuple[Method, ...] | None = option(
        None,
        OptionSpec(
            "Explanation method; default: as the task and the read-out ask. Of several the first makes saliency_map, a "
            "further one saliency_map_METHOD.",
            (Method, list, tuple),
            problem=method_problem,
        ),
    )
    defaults: Defaults | None = option(
        None,
        OptionSpec(
            "Where scaling, contrast, mask, objectness and a detector's map size are left out: those of openvino_xai "
            "(drop-in, the default of insert_xai), or those that measure best for a model that is read in this way "
            "(measured, the default of ovxai transform and explain).",
            (Defaults,),
        ),
    )
    target_layer: str | tuple[str, ...] | None = option(
        None,
        OptionSpec(
            "Friendly name of the layer to explain; several for a detector's class heads. Default: found by itself.",
            (str, list, tuple),
            problem=layer_problem,
            metavar="NAME",
        ),
    )
    patterns: tuple[type[GraphPattern], ...] = option(
        (),
        OptionSpec(
            "Patterns of your own that name what to explain (see patterns/README.md), tried in order.",
            (type, list, tuple),
            many=True,
            problem=pattern_problem,
            flag="--pattern",
            metavar="MODULE:CLASS",
            parse=parsed_pattern,
        ),
    )
    embed_scaling: bool = option(
        True,
        OptionSpec(
            "Maps are u8 of 0..255, scaled as `scaling` says; else f32 scores.",
            (bool,),
            flag="--no-embed-scaling",
            flag_meaning="The same as --scaling none.",
        ),
    )
    scaling: Scaling | None = option(
        None,
        OptionSpec(
            "What is 0 and 255: each map by itself (map, default), all classes of an image together (joint), or f32 "
            "scores (none). What says nothing is 0 and all below it, too (positive), or it is 128 (signed), with one "
            "scale for all classes of an image.",
            (Scaling,),
        ),
    )
    contrast: Contrast | None = option(
        None,
        OptionSpec(
            "What a class is told apart from: nothing (none), all classes at that place (share), its best rivals "
            "(finer), or the mean of all (mean).",
            (Contrast,),
            tasks=CLASSIFIERS,
            needs=MethodTrait.MASKS,
        ),
    )
    multi_label: bool = option(
        False,
        OptionSpec(
            "Classes do not exclude each other: contrast share and probabilities are of a class against its absence.",
            (bool,),
            tasks=CLASSIFIERS,
            needs=MethodTrait.SCORES,
        ),
    )
    gradient_of: GradientOf | None = option(
        None,
        OptionSpec(
            "What gradient methods differentiate: a class's score (logit), its probability, or the logarithm of that, "
            "which is a contrast to the other classes; default: log-probability for the best class alone, logit where "
            "others have maps, too, and for gradcam++.",
            (GradientOf,),
            needs=MethodTrait.GRADIENTS,
        ),
    )
    level: int | None = option(
        None,
        OptionSpec(
            "Which map gradients are taken for: the last one (0), or the deepest of twice (1), four times (2), ... its "
            "resolution; default: 1 for layercam and layercam-share where there is one, else 0.",
            (int,),
            counts="levels above the last map",
            tasks=CLASSIFIERS,
            needs=MethodTrait.LEVELS,
        ),
    )
    k: int | None = option(
        None,
        OptionSpec(
            "Attention blocks to re-run (vitreciprocam).",
            (int,),
            counts="the attention blocks to re-run",
            tasks=CLASSIFIERS,
            needs=MethodTrait.MASKS,
        ),
    )
    mask: Mask | None = option(
        None,
        OptionSpec(
            "Mask over positions; default: onehot for k=0, gaussian for more.",
            (Mask,),
            tasks=CLASSIFIERS,
            needs=MethodTrait.MASKS,
        ),
    )
    output: int | str | None = option(
        None,
        OptionSpec(
            "The output with the class scores, by index or name, if several could be.",
            (int, str),
            tasks=CLASSIFIERS,
            metavar="NAME|INDEX",
        ),
    )
    keep_quantization: bool = option(
        False, OptionSpec("Keep the 8-bit rounding of quantised class scores in the map.", (bool,), tasks=CLASSIFIERS)
    )
    reference: bool = option(
        False,
        OptionSpec("Write the naive branch, which repeats the head for each position.", (bool,), tasks=CLASSIFIERS),
    )
    classes: tuple[int | str, ...] | None = option(
        None,
        OptionSpec(
            "Make maps for these classes only, by number or name; default: for all.",
            (int, str, list, tuple),
            many=True,
            problem=class_problem,
            needs=MethodTrait.CLASSES,
            flag="--class",
            metavar="NUMBER|NAME",
        ),
    )
    labels: tuple[str, ...] | None = option(
        None,
        OptionSpec(
            "Names of the classes, in order; default: those in the model.",
            (list, tuple),
            problem=label_problem,
            asks=False,
            from_file=True,
        ),
    )
    top_k: int | None = option(
        None,
        OptionSpec(
            "Make maps for so many of the best classes of each image only.",
            (int,),
            counts="the best classes of each image",
            least=1,
            tasks=CLASSIFIERS,
            tasks_of_gradients=DETECTORS,
            needs=MethodTrait.CLASSES,
        ),
    )
    max_cost: float = option(
        20.0,
        OptionSpec(
            "Refuse a map of more multiply-adds than so many times the model's.", (int, float), above=0, asks=False
        ),
    )
    max_tensor_gib: float = option(
        2.0, OptionSpec("Refuse a map that makes a larger tensor.", (int, float), above=0, asks=False)
    )
    trim: bool = option(
        False,
        OptionSpec(
            "Leave out of the network what nobody reads; outputs change by rounding.", (bool,), tasks=CLASSIFIERS
        ),
    )
    feature_vector: bool = option(
        False, OptionSpec("Add the output feature_vector: class token, or pooled target.", (bool,))
    )
    only_map: bool = option(
        False, OptionSpec("Leave the original outputs out, for clients that take no further ones.", (bool,))
    )
    num_anchors: tuple[int, ...] | None = option(
        None,
        OptionSpec(
            "Anchors a place of the target layers, once for all or for each of them.",
            (int, list, tuple),
            many=True,
            counts="anchors a place",
            least=1,
            tasks=DETECTORS,
            needs=MethodTrait.CLASS_HEADS,
        ),
    )
    background: int | None = option(
        None,
        OptionSpec(
            "The class that stands for nothing, -1 the last; default: found.",
            (int,),
            tasks=DETECTORS,
            needs=MethodTrait.CLASS_HEADS,
        ),
    )
    keep_background: bool = option(
        False, OptionSpec("Make a map of the background, too.", (bool,), tasks=DETECTORS, needs=MethodTrait.CLASS_HEADS)
    )
    objectness: bool | None = option(
        None,
        OptionSpec(
            "Weigh class scores by objectness (or centerness); measured defaults do where there is any.",
            (bool,),
            tasks=DETECTORS,
            needs=MethodTrait.CLASS_HEADS,
            flag="--objectness/--no-objectness",
        ),
    )
