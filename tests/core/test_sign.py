"""What a run says of itself in 63 bytes is understood again."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wishkit.core.sign import LONGEST, Caller, Sign, Wait, parse
from wishkit.postgres.lock import holder_words

VERBS = st.sampled_from(["migrate", "rollback", "rehearse", "test", "audit on", "mark"])
IDS = st.from_regex(r"[0-9]{4}_[a-z0-9_]{1,75}", fullmatch=True)
WAITS = st.builds(Wait, st.integers(0, 4194304), st.none() | st.integers(1, 2**32 - 1))


@st.composite
def signs(draw: st.DrawFn, ids: st.SearchStrategy[str] = IDS, statements: int = 9_999) -> Sign:
    total = draw(st.integers(1, 9_999))
    last = draw(st.integers(1, statements))
    gate = draw(st.booleans())
    return Sign(
        draw(VERBS),
        draw(st.integers(1, total)),
        total,
        draw(ids),
        draw(st.sampled_from(["forward", "backward"])),
        draw(st.integers(1, last)),
        last,
        draw(st.integers(last, statements)),
        draw(st.none() | st.integers(0, 10**12)),
        gate,
        tuple(draw(st.lists(WAITS, max_size=4))) if gate else (),
    )


@given(signs())
def test_what_is_said_is_understood(sign: Sign) -> None:
    name = str(sign)
    assert len(name) <= LONGEST
    assert re.fullmatch(r"[ -~]+", name)
    heard = parse(name)
    assert isinstance(heard, Sign)
    assert sign.id.startswith(heard.id.removesuffix("~"))
    assert heard.id[:4] == sign.id[:4]
    assert heard.of in {sign.of, None}
    assert [it.pid for it in heard.waits] == [it.pid for it in sign.waits[: len(heard.waits)]]
    unsure = {"id": sign.id, "of": sign.of, "waits": sign.waits}
    assert replace(heard, **unsure) == sign  # type: ignore[arg-type]


@given(signs(st.from_regex(r"[0-9]{4}_[a-z_]{1,12}", fullmatch=True), statements=99))
def test_what_is_short_is_said_whole(sign: Sign) -> None:
    sign = replace(sign, of=None, gate=False, waits=(), total=99, position=min(99, sign.position))
    assert parse(str(sign)) == sign


@given(VERBS, st.text(), st.integers(1, 2**22), st.booleans())
def test_who_connected_is_understood(verb: str, user: str, process: int, waits: bool) -> None:  # noqa: FBT001 - hypothesis
    name = str(Caller(verb, f"{user}@host", process, waits))
    assert len(name) <= LONGEST
    heard = parse(str(Caller(verb, "ann@build-7", process, waits)))
    assert heard == Caller(verb, "ann@build-7", process, waits)


def test_a_machine_with_a_long_name_is_cut() -> None:
    name = str(Caller("migrate", f"ann@{'machine' * 9}", 7, waits=True))
    heard = parse(name)
    assert isinstance(heard, Caller)
    assert (heard.verb, heard.waits, heard.process) == ("migrate", True, None)
    assert heard.who.startswith("ann@machine")


@given(st.text(max_size=LONGEST) | st.text("wishkt mgrae0123456789/<_~:,()@", max_size=LONGEST))
def test_any_name_may_come(name: str) -> None:
    heard = parse(name)
    assert heard is None or name.startswith("wishkit ")


@pytest.mark.parametrize(
    "name", ["wishkit", "wishkit status", "wishkit backup (pg_dump)", "psql", "", "wishkit db psql"]
)
def test_other_names_say_nothing(name: str) -> None:
    assert parse(name) is None


def test_a_cut_id_is_completed_only_by_the_one_it_can_be() -> None:
    sign = Sign("migrate", 1, 1, "0007_add_wis~", "forward", 1, 1, 1)
    assert sign.named(["0007_add_wishlist", "0008_add"]).id == "0007_add_wishlist"
    assert sign.named(["0007_add_wishlist", "0007_add_wishes"]).id == "0007_add_wis~"
    assert sign.named([]).id == "0007_add_wis~"


def test_who_holds_the_run_lock_at_the_gate_is_told_in_words() -> None:
    sign = Sign("migrate", 2, 5, "0007_add_wishlist", "forward", 1, 1, 2, gate=True)
    assert holder_words((812, "deploy", str(sign), None, 3.2)) == (
        "wishkit migrate, waiting for what 0007_add_wishlist needs (2/5), backend 812, "
        "role deploy, connected 3 s ago"
    )
