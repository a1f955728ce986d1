"""What help says of each command: examples, the heading of each option, exit codes, how to read results.

Options themselves stand where they are taken. A test says where one is missing here.
"""

from __future__ import annotations

from ovxai_tools.common.command_line.exit_codes import FAILED, LEFT_OUT, NO_TARGET
from ovxai_tools.common.command_line.help_page import CLASSES, COST, EXPERT, OUTPUT, PICTURE, WHAT, HelpPage
from ovxai_tools.common.command_line.insertion_help import INPUT_OPTIONS, groups_with

TRANSFORM_PAGE = HelpPage(
    examples=(
        (
            "a demo model with maps, and a picture of what they show",
            "ovxai transform demo:cnn saliency.xml --preview saliency.png",
        ),
        (
            "a model of your own, checked bit by bit",
            "ovxai transform resnet50.xml explained.xml --verify --image photo.jpg \\\n"
            "    --preview overlay.png --preprocess imagenet",
        ),
        ("what would be done, and why", "ovxai transform model.onnx --dry-run"),
        (
            "the best five classes of each picture, as pictures",
            "ovxai transform model.xml out.xml --top-k 5 --overlay 0.5",
        ),
        ("take the maps off again", "ovxai transform --remove explained.xml plain.xml"),
    ),
    groups=groups_with(
        picture=("image",),
        output=("dry_run", "verify", "preview", "plot", "remove", "force", "as_json", "verbose", "quiet"),
        expert=("shapes", "config", "log_level"),
    ),
    codes=(NO_TARGET, FAILED),
)

EXPLAIN_PAGE = HelpPage(
    examples=(
        (
            "what a demo model says of its pictures, with a page to look at",
            "ovxai explain demo:cnn tools/ovxai_tools/demo/data --output explained",
        ),
        ("the best three classes of a photo", "ovxai explain model.xml photo.jpg --output explained --top-k 3"),
        ("given classes, by their names", "ovxai explain model.xml photo.jpg --output explained --targets cat,dog"),
        (
            "all photos below a folder, eight at a time, for a model that was trained in PyTorch",
            "ovxai explain model.xml photos --recursive --batch 8 --preprocess imagenet --output explained",
        ),
        (
            "two methods side by side",
            "ovxai explain model.xml photos --output explained --method reciprocam --method best",
        ),
        (
            "without looking inside the model: a quick look",
            "ovxai explain model.xml 'photos/*.jpg' --output explained --black-box --preset speed",
        ),
    ),
    groups={
        WHAT: ("recursive", "listed", "methods", "compare", "black_box", "defaults", "scaling", "contrast"),
        CLASSES: ("targets", "top_k", "labels"),
        PICTURE: INPUT_OPTIONS,
        OUTPUT: (
            *("output", "size", "colormap", "overlay_weight", "overlay_format", "single_file"),
            *("force", "as_json", "quiet"),
        ),
        COST: ("preset", "batch", "device"),
        EXPERT: ("shapes", "config", "log_level"),
    },
    codes=(NO_TARGET, LEFT_OUT),
)

EVALUATE_PAGE = HelpPage(
    examples=(
        (
            "which maps of a model are good, on 100 pictures of yours",
            "ovxai evaluate model.xml --images pictures --out report",
        ),
        (
            "with the classes and boxes of the pictures, and the best setting written",
            "ovxai evaluate model.xml --images pictures --labels classes.json --boxes boxes.json \\\n"
            "    --out report --apply best.xml",
        ),
        (
            "two settings of a demo model on its own pictures",
            "ovxai evaluate demo:vit --out report --setting method=activationmap --setting k=2",
        ),
        ("the pointing game of the demo models", "ovxai evaluate"),
    ),
    groups={
        WHAT: ("settings", "black_box", "quality"),
        CLASSES: ("labels", "boxes", "names"),
        PICTURE: ("images", "data", *INPUT_OPTIONS),
        OUTPUT: ("out", "apply", "force", "as_json", "quiet"),
        COST: ("limit", "grids", "pictures"),
        EXPERT: ("seed", "shapes", "config", "log_level"),
    },
    codes=(NO_TARGET,),
)

_BENCH_READING = """\b
How to read it:
  median  milliseconds of the middle run; the number to quote
  range   fastest and slowest run; a slowest run several times the
          median means that the machine was busy: measure again
  ratio   median over the first model's median; 1.05 means 5 % slower.
          Two measurements of one model differ by 1 to 3 %: give the
          first model twice to see by how much on your machine
  .bin    bytes of weights added; ops: operations added (loop bodies
          and constants included)
  memory  peak resident size of a process that does nothing but read,
          compile and run this model, and how much more than the first

\b
f32 is how maps are compared; `default` is what the device does by
itself (bf16 on some CPUs).
"""

BENCH_PAGE = HelpPage(
    examples=(
        ("what the map of a model costs", "ovxai bench model.xml explained.xml"),
        ("by how much two measurements of one model differ here", "ovxai bench demo:cnn demo:cnn --runs 200"),
    ),
    groups={
        OUTPUT: ("as_json",),
        COST: ("runs", "batch", "precision", "device", "no_memory"),
        EXPERT: ("shapes",),
    },
    notes=_BENCH_READING,
)

_SWEEP_READING = """\b
Status of a model:
  ok             transformed, and all of the following holds
  wrong          a check failed: original outputs bit-identical, map equal
                 to its definition and not constant, pictures of a batch
                 explained as they are alone
  refused        no map: the reason says why, and what would help
  unreadable     OpenVINO does not read it
  crashed, timeout, out of memory
                 the process that looked at it ended so
"""

SWEEP_PAGE = HelpPage(
    examples=(
        ("every model of a folder, a row each", "ovxai sweep models --out report.csv"),
        ("two at a time, and again what was not ok", "ovxai sweep models --out report.csv --jobs 2 --again"),
    ),
    groups={
        OUTPUT: ("out", "again", "force", "quiet"),
        COST: ("jobs", "timeout", "memory", "runs"),
        EXPERT: ("shapes",),
    },
    codes=(FAILED,),
    meanings={FAILED: "done, but a model is not ok"},
    notes=_SWEEP_READING,
)
