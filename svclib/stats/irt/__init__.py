"""Item response models: calibration, scores, information, fit."""
