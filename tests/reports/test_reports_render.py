import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from svclib.errors import InvalidInput
from svclib.reports import export, pdf, render
from svclib.reports.errors import NoPango, ReportFailed, UnknownReport, WrongParameter
from svclib.reports.execution import environment

HERE = Path(__file__).parent
MONTHLY = HERE.parents[1] / "notebooks" / "reports" / "monthly_quality.ipynb"
CANARY = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def notebook(folder, name, *cells):
    """Write a notebook; a cell is (kind, source) or (kind, source, tag)."""
    book = nbformat.v4.new_notebook()
    for number, (kind, source, *tags) in enumerate(cells):
        new = nbformat.v4.new_markdown_cell if kind == "md" else nbformat.v4.new_code_cell
        book.cells.append(new(source, id=f"c{number}", metadata={"tags": tags}))
    folder.mkdir(exist_ok=True, parents=True)
    nbformat.write(book, folder / f"{name}.ipynb")
    return folder


CELLS = (
    ("code", 'who = "nobody"\nlanguage = "en"', "parameters"),
    ("md", f"# Comments {CANARY}"),
    ("code", "from svclib.reports.parts import Figure, heading, paragraph, section"),
    ("code", f"section(heading('问候 ' + who, 1), paragraph({CANARY!r}))"),
    ("code", f"from IPython.display import *\ndisplay(HTML({CANARY!r}), Javascript('alert(3)'))"),
    ("code", "import os\nsorted(name for name in os.environ if 'SECRET' in name or name.startswith('SVC'))"),
    ("code", "import altair as alt, pandas as pd\n"
             "data = pd.DataFrame({'x': ['上海'], 'y': [1]})\n"
             "Figure(lambda width: alt.Chart(data, width=width - 80).mark_bar().encode(x='x', y='y'), '一张图')"),
)  # fmt: skip


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A small report, rendered once as page and as PDF."""
    home = tmp_path_factory.mktemp("home with spaces")
    folder = notebook(home / "nb", "small", *CELLS)
    os.environ["MY_SECRET"] = "x"
    try:
        return render(
            "small",
            parameters={"who": "Lin", "language": "zh-CN"},
            home=home,
            to=("html", "pdf"),
            connect_env={"SVC_URL": "https://bank.example"},
            notebooks=folder,
        )
    finally:
        del os.environ["MY_SECRET"]


@pytest.fixture(scope="module")
def page(rendered):
    return rendered.html.read_text(encoding="utf-8")


def test_parameters_reach_the_cells(page):
    assert "<h1>问候 Lin</h1>" in page


def test_files_are_named_by_their_parameters(rendered):
    assert rendered.html.name == "small_Lin_zh-CN.html"
    assert rendered.pdf.name == "small_Lin_zh-CN.pdf"


def test_no_script_and_no_handler_is_in_the_page(page):
    body = page.split("<body", 1)[1]
    assert "<script" not in body
    assert "<img" not in body
    assert "alert(3)" not in body


def test_comments_of_users_are_shown_as_text(page):
    assert "&lt;script&gt;alert(2)&lt;/script&gt;" in page


def test_the_page_asks_nobody_for_anything(page):
    head = page.split("<body", 1)[0]
    assert "default-src 'none'" in head
    assert 'src="http' not in page
    assert 'href="http' not in page


def test_the_kernel_gets_what_it_needs_and_no_secret(page):
    assert "MY_SECRET" not in page
    assert "SVC_REPORT" in page
    assert "SVC_URL" in page


def test_code_is_not_shown(page):
    assert "import altair" not in page


def test_charts_are_vectors_in_two_widths_with_words(page):
    assert page.count('<figure class="chart') == 2
    assert 'aria-label="一张图"' in page
    assert ">上海</text>" in page


def test_the_chinese_characters_used_are_embedded(page):
    assert "font/woff2;base64," in page
    assert len(page) < 200_000


def test_a_latin_page_carries_no_font():
    shown = export.Page("<head><style>/* fonts */</style></head><body>plain</body>", "en")
    assert "woff2" not in export.self_contained(shown)


@pytest.mark.skipif(not shutil.which("pdffonts"), reason="needs poppler-utils")
def test_the_pdf_has_its_fonts_inside_the_shipped_one_among_them(rendered):
    listed = subprocess.run(["pdffonts", rendered.pdf], capture_output=True, text=True, check=True).stdout.splitlines()
    assert any("Svclib-Sans" in line.split()[0] for line in listed[2:])
    assert all(" yes yes " in line for line in listed[2:])


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="needs poppler-utils")
def test_chinese_text_is_right_on_a_machine_without_fonts(tmp_path):
    config = tmp_path / "fonts.conf"
    config.write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    code = (
        "import sys; from pathlib import Path; from svclib.reports import export, pdf;"
        "page = '<style>/* fonts */body{font-family:Svclib Sans}</style><p>满意客户比例</p>';"
        "Path(sys.argv[1]).write_bytes(pdf.write(export.Page(page, 'zh-CN')))"
    )
    out = tmp_path / "out.pdf"
    env = {**os.environ, "FONTCONFIG_FILE": str(config)}
    subprocess.run([sys.executable, "-c", code, str(out)], env=env, check=True)
    text = subprocess.run(["pdftotext", out, "-"], capture_output=True, text=True, check=True).stdout
    assert "满意客户比例" in text


def test_pdf_fetches_nothing_but_the_fonts():
    fetcher = pdf._fetcher()
    for url in ("https://example.org/x.png", "file:///etc/hostname", "http://127.0.0.1/"):
        with pytest.raises(ValueError, match="not fetched"):
            fetcher.fetch(url)


def test_without_pango_the_error_names_the_packages(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(NoPango, match=r"libpango-1\.0-0"):
        render("small", home=tmp_path, to=("pdf",), notebooks=tmp_path)


@pytest.mark.parametrize("name", ["../secrets", "a/b", "", "Nope", "x" * 80, "nope"])
def test_an_unknown_report_is_refused(name, tmp_path):
    with pytest.raises(UnknownReport):
        render(name, home=tmp_path, notebooks=tmp_path)


def test_another_format_is_refused(tmp_path):
    with pytest.raises(InvalidInput, match="docx"):
        render("small", home=tmp_path, to=("docx",))


def test_an_unknown_parameter_names_those_there_are(tmp_path):
    folder = notebook(tmp_path, "small", *CELLS)
    with pytest.raises(WrongParameter, match="who, language"):
        render("small", parameters={"moon": "2026-01"}, home=tmp_path, notebooks=folder)


def test_a_parameter_can_be_no_object(tmp_path):
    folder = notebook(tmp_path, "small", *CELLS)
    with pytest.raises(WrongParameter, match="who"):
        render("small", parameters={"who": [1]}, home=tmp_path, notebooks=folder)


def test_a_failing_cell_is_named(tmp_path):
    folder = notebook(tmp_path, "broken", ("md", "# Title"), ("code", "1 / 0"))
    with pytest.raises(ReportFailed, match="cell 2: ZeroDivisionError"):
        render("broken", home=tmp_path, notebooks=folder)


def test_what_a_cell_says_to_people_comes_alone(tmp_path):
    raising = 'from svclib.errors import InvalidInput\nraise InvalidInput("There are no answers yet, {see}.", see="{x")'
    folder = notebook(tmp_path, "empty", ("code", raising))
    with pytest.raises(ReportFailed) as caught:
        render("empty", home=tmp_path, notebooks=folder)
    assert str(caught.value) == "There are no answers yet, {x."


def test_the_environment_of_the_kernel_is_a_list_of_names(monkeypatch):
    monkeypatch.setenv("SVC_STORE", "postgresql://user:password@host/db")
    assert "SVC_STORE" not in environment({})


@pytest.fixture(scope="module")
def monthly(tmp_path_factory):
    """The monthly report over the synthetic bank, as a page in English."""
    home = tmp_path_factory.mktemp("bank")
    (home / "nb").mkdir()
    text = MONTHLY.read_text(encoding="utf-8")
    path = repr(str(HERE)).replace('"', '\\"')
    text = text.replace("import svclib\\n", f"import sys\\nsys.path.insert(0, {path})\\nimport synthetic_bank\\n")
    (home / "nb" / "monthly_quality.ipynb").write_text(text.replace("svclib.connect()", "synthetic_bank.connect()"))
    made = render("monthly_quality", parameters={"language": "en"}, home=home, notebooks=home / "nb")
    return made.html.read_text(encoding="utf-8")


def test_the_monthly_report_opens_with_targets_then_what_got_worse(monthly):
    order = [monthly.index(text) for text in ('class="target not_met"', 'class="lead"', "<svg", "<table")]
    assert order == sorted(order)


def test_the_monthly_report_finds_the_slow_branch_and_the_wrong_key(monthly):
    assert "even among so many: TJ." in monthly
    assert "aml-007: The key is probably a" in monthly


def test_the_monthly_report_says_opt_in_beside_the_number_and_prints_the_head(monthly):
    assert "no sampling error is claimed" in monthly
    assert "sha256:5f1d" in monthly
