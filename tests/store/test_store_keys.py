import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from svclib.errors import Unavailable
from svclib.store import new_id, new_token, token_hash
from svclib.store.keys import NAMES, Keys


def test_a_key_is_made_once_and_kept(tmp_path):
    first = Keys(tmp_path / "keys").get("sessions")
    assert Keys(tmp_path / "keys").get("sessions") == first
    assert len(first) == 32
    assert Keys(tmp_path / "other").get("sessions") != first


def test_keys_are_for_their_owner_alone(tmp_path):
    keys = Keys(tmp_path / "keys")
    keys.create()
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()} == dict.fromkeys(
        NAMES, 0o600
    )


def test_two_processes_agree_on_a_new_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _place: Keys(tmp_path / "keys").get("sessions"), range(32)))
    assert len(made) == 1


@pytest.mark.parametrize("name", ["../x", "a/b", "", "A", "con.", "x\x00", "a" * 65])
def test_a_key_has_a_safe_name(tmp_path, name):
    with pytest.raises(ValueError, match="key's name"):
        Keys(tmp_path).get(name)


def test_a_damaged_key_is_not_replaced_in_silence(tmp_path):
    (tmp_path / "sessions").write_bytes(b"short")
    with pytest.raises(Unavailable, match="damaged"):
        Keys(tmp_path).get("sessions")


def test_a_folder_that_cannot_be_made_names_the_mend(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="owner and permissions"):
        Keys(tmp_path / "file" / "keys").get("sessions")


def test_keys_of_a_store_are_not_in_the_database(file_store, settings):
    key = file_store.key("sessions")
    file_store.close()
    content = (settings.home / "svc.sqlite").read_bytes()
    assert key not in content
    assert key.hex().encode() not in content


def test_ids_and_tokens_are_long_random_and_safe_in_an_address():
    many = {new_token() for _place in range(1000)}
    assert len(many) == 1000
    assert all(len(token) * 6 >= 128 and token.replace("-", "").replace("_", "").isalnum() for token in many)
    assert len(new_id()) * 6 >= 128


def test_a_tokens_hash_is_sha256():
    assert token_hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
