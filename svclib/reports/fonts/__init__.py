"""The shipped fonts: files for charts and paper, subsets to embed in a page."""

from svclib.reports.fonts.files import FAMILY, FIRST_CHINESE, FOLDER, WEIGHTS, face_rules, subset

__all__ = ["FAMILY", "FIRST_CHINESE", "FOLDER", "WEIGHTS", "face_rules", "subset"]
