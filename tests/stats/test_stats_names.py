from pathlib import Path

from svclib import stats


def test_no_verb_has_the_name_of_a_room():
    """Python binds an imported room to its parent under its name: the verb would be gone."""
    rooms = {path.name for path in Path(stats.__file__).parent.iterdir() if path.is_dir()}
    rooms |= {path.stem for path in Path(stats.__file__).parent.glob("*.py")}
    assert rooms & set(stats.__all__) == set()
