"""What a method that takes gradients explains: a map above the last one, or the picture."""

from __future__ import annotations

from dataclasses import replace

from ovxai_patterns.analysis.grid_source import GridSource
from ovxai_patterns.analysis.layout import picture_axes
from ovxai_patterns.analysis.positions import on_lattice
from ovxai_patterns.classifier.request import TargetRequest
from ovxai_patterns.classifier.site import NoSite, Site
from ovxai_patterns.classifier.target import TargetSearch
from ovxai_patterns.wording import worded

from ovxai_passes.errors import OptionError, TargetNotFoundError
from ovxai_passes.method_options import takes_gradients
from ovxai_passes.methods.spec import MethodSpec, Reads, required
from ovxai_passes.methods.target import FeatureMap, Target
from ovxai_passes.options import Options
from ovxai_passes.vocabulary import Method

FOR_BEST_CLASS = worded(
    "maps are made for the best class of each image alone, because gradients take a backward pass for every class; "
    "{top_k}, {classes} ask for others"
)
"""Said where a method that takes gradients is asked for, and no classes."""


def of_few_classes(options: Options) -> Options:
    """Options with one class for each image where a method takes gradients and none were asked for."""
    if not takes_gradients(options.methods) or options.top_k is not None or options.classes is not None:
        return options
    return replace(options, top_k=1)


def for_gradients(
    target: Target, search: TargetSearch, request: TargetRequest, method: MethodSpec, options: Options
) -> Target:
    """The target of a method that takes gradients, from that of the last map; any other method's as it is.

    Raises OptionError, TargetNotFoundError.
    """
    readout = required(target.site).readout
    if method.name is Method.LAYERCAM_SHARE and not readout.pools:
        raise OptionError(
            f"layercam-share asks the head what it says of a place everywhere, and here positions are read as "
            f"{target.readout}: use layercam{', or gradcam-elementwise' if readout.attends else ''}"
        )
    if method.name is Method.HIRESCAM and readout.attends and (not options.names_target or _is_normed(target)):
        raise OptionError(
            worded(
                "hirescam shows nothing of tokens that are read through a norm, whose gradient is at right angles to "
                "them: use gradcam-elementwise, or name what lies behind the norm ({target_layer})"
            )
        )
    if method.name is Method.LAYERCAM_SHARE and target.classes == 1:
        raise OptionError("layercam-share tells classes apart, and the model has one: use layercam")
    if method.reads is Reads.PICTURE_GRADIENTS:
        return _of_picture(target)
    if method.reads is not Reads.GRADIENTS or options.names_target:
        return target
    by_itself = method.level if readout.pools else 0
    level = by_itself if options.level is None else options.level
    if not level:
        return replace(target, level=0)
    found = search.site(replace(request, level=level))
    if isinstance(found, Site):
        return replace(_of_site(target, found), level=level)
    if options.level is not None:
        raise TargetNotFoundError(found.reason, found.near_misses, found.candidates)
    return _of_last(target, found)


def _is_normed(target: Target) -> bool:
    """Whether a norm alone reads the positions of a target that was named: where the last block starts."""
    site, graph = required(target.site), required(target.analysed)
    behind = any(graph.inputs_of(place)[port] != site.target for place, port in site.masked)
    return site.k == 1 and behind


def _of_site(target: Target, site: Site) -> Target:
    return replace(
        target,
        layer=site.target,
        grid=site.positions.grid,
        dynamic=site.dynamic,
        feature=FeatureMap(site.target, site.positions, site.grid_source),
        story=site.story,
        notices=site.notices,
    )


def _of_last(target: Target, found: NoSite) -> Target:
    notice = worded("gradients are taken for the last map: {reason}", reason=found.reason)
    return replace(target, level=0, notices=(*target.notices, notice))


def _of_picture(target: Target) -> Target:
    graph = required(target.analysed)
    places = [
        place for place, node in enumerate(graph.ops) if node.get_type_name() == "Parameter" and picture_axes(node)
    ]
    if len(places) > 1:
        names = ", ".join(graph.ops[place].get_friendly_name() for place in places)
        raise TargetNotFoundError(
            f"inputxgradient explains one picture, and the model takes several ({names}): use a method of feature maps"
        )
    place = places[0]
    axes, shape = required(picture_axes(graph.ops[place])), graph.output((place, 0)).get_shape()
    size = shape[axes[0]], shape[axes[1]]
    feature = FeatureMap((place, 0), on_lattice(len(shape), *axes, size), GridSource((place, 0), axes, True, size))
    line = f"gradients are taken for the picture: {graph.ops[place].get_friendly_name()}"
    return replace(target, layer=(place, 0), grid=size, feature=feature, story=(*target.story, line))
