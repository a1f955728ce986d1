"""What method `best` stands for: by how a model is read, the method that measured best on networks read in that way.

    positions pooled, more than one class      layercam-share
    class token, attention                     gradcam-elementwise of the logit
    flattened                                  layercam
    detectors, instances, one class            the method that goes without saying

Each with its measured defaults. Where gradients do not go through a network, it is the method that goes without saying
there, too. Chosen on one half of the pictures and reported on the other (`ovxai evaluate`; tables and commands in
ovxai_passes/README.md).
"""

from __future__ import annotations

from dataclasses import replace

from ovxai_patterns.analysis.model_analysis import ModelAnalysis
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.site import NoSite
from ovxai_patterns.classifier.target import TargetSearch

from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Defaults, GradientOf, Method, Task


def ways_of_best(options: Options, task: Task, analysis: ModelAnalysis) -> tuple[Options, ...]:
    """Options with the method that `best` stands for; and those to be tried after it, where that is refused."""
    plain = replace(options, method=None, defaults=Defaults.MEASURED)
    if task is not Task.CLASSIFICATION:
        return (plain,)
    search = TargetSearch(analysis, options.output, options.keep_quantization)
    site = search.site(TargetRequest(output=options.output, keep_quantization=options.keep_quantization))
    if isinstance(site, NoSite) or site.scores.classes == 1:
        return (plain,)
    if site.readout.attends:
        of_tokens = replace(plain, method=Method.GRADCAM_ELEMENTWISE, gradient_of=GradientOf.LOGIT)
        return (of_tokens, plain)
    if not site.readout.pools:
        return (replace(plain, method=Method.LAYERCAM), plain)
    return (replace(plain, method=Method.LAYERCAM_SHARE), plain)
