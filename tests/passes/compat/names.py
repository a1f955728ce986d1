"""The public names of openvino_xai 1.1.0: what each module defines, and what its packages re-export."""

NAMES = {
    "": "Explainer Method Task insert_xai",
    "api": "insert_xai",
    "api.api": "Model insert_xai",
    "common": "Method Task has_xai scaling",
    "common.parameters": (
        "BlackBoxXAIMethods ClassificationXAIMethods DetectionXAIMethods Method Task WhiteBoxXAIMethods"
    ),
    "common.utils": (
        "IdentityPreprocessFN SALIENCY_MAP_OUTPUT_NAME format_to_bhwc formatter get_min_max handler has_xai "
        "infer_size_from_image is_bhwc_layout logger retrieve_otx_model scaling sigmoid softmax"
    ),
    "explainer": "ExplainMode Explainer Explanation Layout Visualizer colormap overlay resize",
    "explainer.explainer": "ExplainMode Explainer",
    "explainer.explanation": (
        "COLOR_MAPPED_LAYOUTS Explanation GRAY_LAYOUTS Layout MULTIPLE_MAP_LAYOUTS ONE_MAP_LAYOUTS"
    ),
    "explainer.utils": (
        "ActivationType convert_targets_to_numpy explains_all get_postprocess_fn get_preprocess_fn get_score "
        "get_target_indices postprocess_fn preprocess_fn"
    ),
    "explainer.visualizer": "Visualizer colormap overlay resize",
    "inserter": "",
    "inserter.inserter": "insert_xai_branch_into_model",
    "inserter.model_parser": "IRParser IRParserCls ModelType",
    "methods": (
        "AISEClassification AISEDetection ActivationMap DetClassProbabilityMap FeatureMapPerturbationBase RISE "
        "ReciproCAM ViTReciproCAM WhiteBoxMethod"
    ),
    "methods.base": "CompiledModel MethodBase Model Prediction PreprocessFn",
    "methods.black_box": "",
    "methods.black_box.aise": "",
    "methods.black_box.aise.base": "AISEBase GaussianPerturbationMask",
    "methods.black_box.aise.classification": "AISEClassification",
    "methods.black_box.aise.detection": "AISEDetection",
    "methods.black_box.base": "BlackBoxXAIMethod Preset",
    "methods.black_box.rise": "RISE",
    "methods.black_box.utils": "check_classification_output check_detection_output",
    "methods.factory": "BlackBoxMethodFactory MethodFactory WhiteBoxMethodFactory",
    "methods.white_box": "",
    "methods.white_box.activation_map": "ActivationMap",
    "methods.white_box.base": "WhiteBoxMethod",
    "methods.white_box.det_class_probability_map": "DetClassProbabilityMap",
    "methods.white_box.recipro_cam": "FeatureMapPerturbationBase ReciproCAM ViTReciproCAM",
    "methods.white_box.torch": "TorchActivationMap TorchReciproCAM TorchViTReciproCAM TorchWhiteBoxMethod",
    "metrics": "ADCC InsertionDeletionAUC PointingGame",
    "metrics.adcc": "ADCC",
    "metrics.base": "BaseMetric",
    "metrics.insertion_deletion_auc": "AUC InsertionDeletionAUC",
    "metrics.pointing_game": "PointingGame",
    "utils": "",
    "utils.model_export": "export_to_ir export_to_onnx",
    "utils.torch": "torch",
}

MEMBERS = {
    "explainer.explainer.Explainer": "create_method explain model_forward",
    "explainer.explanation.Explanation": "plot saliency_map save shape targets",
    "explainer.visualizer.Visualizer": "visualize",
    "inserter.model_parser.IRParser": "get_logit_node get_node_by_condition",
    "inserter.model_parser.IRParserCls": (
        "get_first_concat_node get_first_conv_node get_logit_node get_post_target_node get_target_node"
    ),
    "methods.base.MethodBase": "generate_saliency_map model_compiled model_forward prepare_model",
    "methods.black_box.aise.base.GaussianPerturbationMask": "generate_kernel_mask",
    "methods.black_box.aise.classification.AISEClassification": (
        "generate_saliency_map get_logits model_compiled model_forward prepare_model"
    ),
    "methods.black_box.aise.detection.AISEDetection": "generate_saliency_map model_forward prepare_model",
    "methods.black_box.rise.RISE": "generate_saliency_map get_logits model_forward prepare_model",
    "methods.factory.BlackBoxMethodFactory": "create_classification_method create_detection_method create_method",
    "methods.factory.WhiteBoxMethodFactory": "create_classification_method create_detection_method create_method",
    "methods.white_box.base.WhiteBoxMethod": (
        "generate_saliency_map generate_xai_branch model_compiled model_forward model_ori prepare_model"
    ),
    "metrics.adcc.ADCC": "average_drop coherency complexity evaluate model_predict",
    "metrics.base.BaseMetric": "evaluate model_predict",
    "metrics.insertion_deletion_auc.InsertionDeletionAUC": "evaluate model_predict step_image_insertion_deletion",
    "metrics.pointing_game.PointingGame": "evaluate",
}
"""Public methods and properties of its classes."""
