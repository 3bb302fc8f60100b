"""What the Tab key offers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.client.complete import complete
from tests.client.support import Paper


@pytest.fixture(scope="module")
def paper() -> Paper:
    paper = Paper("tea", "work")
    paper.enter()
    paper.hear(type="join", room="tea", sender="Bertha")
    paper.type("/rooms")
    paper.hear(
        type="rooms", id=paper.only("rooms")["id"], rooms=[{"room": "teapot"}, {"room": "tea"}]
    )
    paper.type("/users *")
    paper.hear(type="users", id=paper.only("users")["id"], users=[{"name": "zoe"}])
    return paper


@pytest.mark.parametrize(
    ("before", "offers"),
    [
        ("/jo", ["/join "]),
        ("/UNM", ["/unmute "]),
        ("/xyzzy", []),
        ("b", ["Bertha: ", "bob: "]),
        ("@bo", ["bob: "]),
        ("hi BO", ["bob "]),
        ("a", []),  # not oneself
        ("hi ", []),
        ("", []),
        ("//jo", []),
        ("/join te", ["tea ", "teapot "]),
        ("/join tea ", ["tea ", "work ", "teapot "]),
        ("/room w", ["work "]),
        ("/msg z", ["zoe "]),
        ("/msg zoe hi b", ["Bertha ", "bob "]),
        ("/msg zoe ", []),
        ("/me b", ["Bertha ", "bob "]),
        ("/kick ", ["Bertha ", "bob ", "zoe "]),
        ("/help to", []),
        ("/help /to", ["/topic "]),
        ("/rooms x", []),
    ],
)
def test_offers(paper: Paper, before: str, offers: list[str]) -> None:
    assert [offer.text for offer in complete(before, paper.model)] == offers


def test_a_command_is_explained(paper: Paper) -> None:
    (offer,) = complete("/qui", paper.model)
    assert (offer.text, offer.length, offer.meaning) == ("/quit ", 4, "leave")


@given(st.text(alphabet="/jomsg tb@"))
def test_an_offer_replaces_what_is_there(before: str) -> None:
    for offer in complete(before, Paper("tea").model):
        assert 0 <= offer.length <= len(before)
