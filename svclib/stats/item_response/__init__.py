"""Item response models: calibration, scores, information, fit. (The verb is `svclib.stats.irt`.)"""
