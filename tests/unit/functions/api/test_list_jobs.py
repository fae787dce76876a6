import pytest

from tests.unit.dispatch import JOB, NEAR, NEXT, Dispatch, at_work


@pytest.fixture
def dispatch(request: pytest.FixtureRequest) -> Dispatch:
    return at_work(request)


def test_a_technician_sees_what_is_offered_and_nothing_of_others(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer(token="secret-token")
    status, body = dispatch.api("list_jobs")
    assert status == 200
    assert "next" not in body
    (job,) = body["items"]
    assert job == {
        "job_id": JOB,
        "meter_id": "WTR-0001",
        "status": "OFFERED",
        "cause": "anomaly",
        "kind": "water",
        "skill": "water",
        "zone": "STANDARD",
        "location": {"lat": 48.137, "lon": 11.575, "address": "Marienplatz 1"},
        "risk_level": "HIGH",
        "reason": "Leak",
        "created_at": "2026-11-21T08:00:00Z",
        "updated_at": "2026-11-21T08:00:00Z",
        "due_at": "2026-11-22T08:00:00Z",
        "offer_expires_at": "2026-11-21T08:15:00Z",
    }
    assert dispatch.api("list_jobs", who=NEXT)[1] == {"items": []}


def test_what_is_declined_or_done_leaves_the_list(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.offer()
    dispatch.api("decline_job")
    assert dispatch.api("list_jobs")[1] == {"items": []}
    dispatch.offer(to=NEXT, token="token-2")
    dispatch.api("accept_job", who=NEXT)
    assert [job["status"] for job in dispatch.api("list_jobs", who=NEXT)[1]["items"]] == ["ACCEPTED"]
    dispatch.api("complete_job", who=NEXT, body={"note": "done"})
    dispatch.step("close_job", job_id=JOB)
    assert dispatch.api("list_jobs", who=NEXT)[1] == {"items": []}


def test_an_operator_sees_all_with_the_reasons(dispatch: Dispatch) -> None:
    dispatch.create()
    dispatch.create(key="need-2", meter_id="WTR-0002")
    dispatch.offer(token="secret-token")
    dispatch.api("decline_job")
    dispatch.offer(to=NEXT, token="token-2")
    status, body = dispatch.api("list_jobs", who="boss", groups="operator")
    assert status == 200
    assert [job["status"] for job in body["items"]] == ["OPEN", "OFFERED"]
    offers = body["items"][1]["offers"]
    assert [(offer["technician_id"], offer.get("answer")) for offer in offers] == [(NEAR, "DECLINED"), (NEXT, None)]
    assert offers[0]["why"] == "nearest"
    assert body["items"][1]["technician_id"] == NEXT
    for word in ("secret-token", "token-2", "Canary", "+49", "holder", "job_key"):
        assert word not in str(body)


def test_by_status_and_by_pages(dispatch: Dispatch) -> None:
    for number in range(5):
        dispatch.create(key=f"need-{number}")
    dispatch.offer()
    operator = {"who": "boss", "groups": "operator"}
    assert len(dispatch.api("list_jobs", **operator, query={"status": "OPEN"})[1]["items"]) == 4
    seen, query = [], {"limit": "2"}
    while True:
        body = dispatch.api("list_jobs", **operator, query=query)[1]
        seen += [job["job_id"] for job in body["items"]]
        if "next" not in body:
            break
        query = {"limit": "2", "next": body["next"]}
    assert len(seen) == len(set(seen)) == 5


def test_a_token_of_another_persons_list_opens_ones_own(dispatch: Dispatch) -> None:
    for number in range(1, 4):
        dispatch.create(key=f"need-{number}")
    dispatch.offer()
    token = dispatch.api("list_jobs", query={"limit": "1"})[1].get("next", "")
    assert dispatch.api("list_jobs", who=NEXT, query={"next": token} if token else None)[1]["items"] == []


@pytest.mark.parametrize(
    "query", [{"status": "open"}, {"status": "__class__"}, {"next": "x"}, {"next": "eyJhIjoxfQ"}, {"limit": "0"}]
)
def test_bad_questions(dispatch: Dispatch, query: dict[str, str]) -> None:
    assert dispatch.api("list_jobs", groups="operator", query=query)[0] == 400


def test_customers_see_no_jobs(dispatch: Dispatch) -> None:
    assert dispatch.api("list_jobs", groups="")[0] == 403
