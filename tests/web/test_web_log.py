from types import SimpleNamespace

from svclib.web.log import FailureLog


def answered(status, path="/s/secret-token/answers"):
    return SimpleNamespace(get_status=lambda: status, request=SimpleNamespace(method="POST", path=path))


def test_a_failure_is_said_once_and_counted(caplog):
    now = [0.0]
    log = FailureLog(lambda: now[0])
    for second in (0, 1, 2, 11):
        now[0] = second
        log(answered(503))
    assert [record.getMessage() for record in caplog.records] == ["503 POST /s", "503 POST /s (2 more before)"]


def test_another_kind_of_failure_is_said_at_once_and_what_is_well_never(caplog):
    log = FailureLog(lambda: 0.0)
    log(answered(503))
    log(answered(200))
    log(answered(404))
    log(answered(500, "/api/v1/exams/list"))
    assert [record.getMessage() for record in caplog.records] == ["503 POST /s", "500 POST /api"]
