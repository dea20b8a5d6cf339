"""The design tokens: contrast in both modes, chart colours that survive colour blindness and grey printing."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
TOKENS = json.loads((ROOT / "svclib" / "reports" / "tokens.json").read_text(encoding="utf-8"))
STATIC = ROOT / "svclib" / "web" / "static"
MODES = ("light", "dark")
TEXT_PAIRS = [
    *(("text", ground) for ground in ("page", "surface", "surface-raised", "surface-sunken", "primary-soft")),
    *(("text-muted", ground) for ground in ("page", "surface", "surface-raised", "surface-sunken")),
    *((colour, "surface") for colour in ("primary", "link", "success", "warning", "danger", "info")),
    *((colour, "page") for colour in ("link", "success", "warning", "danger", "info")),
    *((colour, f"{colour}-soft") for colour in ("primary", "success", "warning", "danger", "info")),
    *(("text", f"{colour}-soft") for colour in ("success", "warning", "danger", "info")),
    *(("on-primary", ground) for ground in ("primary", "primary-hover", "primary-active")),
    *(("on-status", ground) for ground in ("success", "warning", "danger", "info")),
]
# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = TO_XYZ.sum(axis=1)


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    dark, light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    ratio = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_has_a_contrast_of_at_least_4_5(mode, text, ground):
    colours = TOKENS["color"][mode]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ground", ["page", "surface", "surface-raised", "surface-sunken"])
@pytest.mark.parametrize("line", ["border-strong", "focus"])
def test_edges_of_controls_have_a_contrast_of_at_least_3(mode, line, ground):
    colours = TOKENS["color"][mode]
    assert contrast(colours[line], colours[ground]) >= 3


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_chart_colours_differ_for_every_kind_of_colour_vision(mode, deficiency):
    seen = [lab(np.asarray(DEFICIENCIES[deficiency]) @ linear(colour)) for colour in TOKENS["chart"][mode]]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) >= 15


@pytest.mark.parametrize("mode", MODES)
def test_chart_colours_differ_in_grey(mode):
    lightness = sorted(lab(linear(colour))[0] for colour in TOKENS["chart"][mode])
    assert len(lightness) == 8
    assert min(np.diff(lightness)) >= 4.5


def test_both_modes_have_the_same_tokens():
    assert TOKENS["color"]["light"].keys() == TOKENS["color"]["dark"].keys()
    assert TOKENS["shadow"]["light"].keys() == TOKENS["shadow"]["dark"].keys()


def test_the_style_sheet_has_every_token():
    css = (STATIC / "tokens.css").read_text(encoding="utf-8")
    for mode in MODES:
        for name, value in TOKENS["color"][mode].items():
            assert f"--color-{name}: {value};" in css
        for place, value in enumerate(TOKENS["chart"][mode], 1):
            assert f"--chart-{place}: {value};" in css


def test_pages_use_no_token_that_does_not_exist():
    import re

    known = set(re.findall(r"(--[a-z0-9-]+):", (STATIC / "tokens.css").read_text(encoding="utf-8")))
    used = set(re.findall(r"var\((--[a-z0-9-]+)", (STATIC / "page.css").read_text(encoding="utf-8")))
    assert used <= known


def test_the_bundle_ships_its_licences_and_asks_no_other_host_for_styles():
    assert "Devsoft Baltic" in (STATIC / "forms" / "LICENSES.txt").read_text(encoding="utf-8")
    css = (STATIC / "forms" / "form.css").read_text(encoding="utf-8")
    assert "url(http" not in css
    assert "@font-face" not in css


def test_the_lock_file_names_no_download_address():
    lock = (ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert "://" not in lock
