"""The API of a lab: who may ask it, also from a page."""

import http.client
import json

import pytest

from harness.clock import scaled


@pytest.fixture
def lab(rig):
    lab = rig.lab(upstreams=0, proxies=2).wait_up()
    lab.api = (lab.dir / "api").read_text()
    lab.mine = {"Authorization": f"Bearer {(lab.dir / 'token').read_text().strip()}"}
    return lab


def ask(url, method, headers, path="/v1/lab"):
    """(status, headers, text)."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=scaled(15))
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def admins(lab):
    return [each["admin"] for each in json.loads(ask(lab.api, "GET", lab.mine)[2])["members"]]


def test_proxies_know_their_lab_and_take_its_token(lab):
    assert len(admins(lab)) == 2
    for admin in admins(lab):
        status, _, text = ask(f"http://{admin}", "GET", lab.mine, "/v1/info")
        assert status == 200
        assert json.loads(text)["lab"] == lab.api.removeprefix("http://")
        assert json.loads(text)["role"] == "admin"
        policy = ask(f"http://{admin}", "GET", {}, "/")[1]["Content-Security-Policy"]
        assert policy is None or f"connect-src 'self' {lab.api};" in policy


def test_dashboards_of_its_proxies_may_ask_it(lab):
    wishes = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    for admin in admins(lab):
        for origin in (f"http://{admin}", f"http://localhost:{admin.split(':')[1]}"):
            status, headers, _ = ask(lab.api, "OPTIONS", {"Origin": origin, **wishes})
            assert (status, headers["Access-Control-Allow-Origin"]) == (204, origin)
            assert "Authorization" in headers["Access-Control-Allow-Headers"]
            status, headers, _ = ask(lab.api, "GET", {"Origin": origin, **lab.mine})
            assert (status, headers["Access-Control-Allow-Origin"]) == (200, origin)
            status, headers, _ = ask(lab.api, "GET", {"Origin": origin})
            assert (status, headers["Access-Control-Allow-Origin"]) == (401, origin)


def test_no_other_page_and_no_other_name_may(lab):
    mine = admins(lab)[0]
    for origin in ("http://evil.example", "null", f"https://{mine}", f"http://{mine}/", "http://127.0.0.1:1"):
        for method in ("GET", "OPTIONS"):
            status, headers, _ = ask(lab.api, method, {"Origin": origin, **lab.mine})
            assert status == 403, origin
            assert headers["Access-Control-Allow-Origin"] is None
    assert ask(lab.api, "GET", {"Host": "evil.example", "Origin": f"http://{mine}", **lab.mine})[0] == 403
    assert ask(lab.api, "GET", {})[0] == 401
