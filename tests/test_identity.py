"""Identity: the same entry keeps its key, different ones never share one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aggregator.identity import Names, keys_of

A = Names("guid-a", "https://e.example/a", "Title A", "Text A")
B = Names("guid-b", "https://e.example/b", "Title B", "Text B")


def test_the_guid_alone_counts_where_it_is_the_entrys_own() -> None:
    edited = replace(A, title="Edited", url="https://e.example/moved", summary="New")
    assert keys_of([A, B])[0] == keys_of([edited])[0]


def test_guids_that_differ_in_case_are_two_entries() -> None:
    assert len(set(keys_of([A, replace(A, guid="GUID-A")]))) == 2


def test_white_space_around_a_guid_does_not_count() -> None:
    assert keys_of([A]) == keys_of([replace(A, guid="  guid-a\n")])


def test_without_a_guid_the_link_counts_whatever_its_scheme() -> None:
    plain = replace(A, guid="")
    secure = replace(plain, url="http://e.example/a", title="Edited")
    assert keys_of([plain]) == keys_of([secure])


def test_without_guid_and_link_the_text_counts() -> None:
    bare = Names("", "", "Title", "Text")
    assert len(set(keys_of([bare, replace(bare, title="Other"), bare]))) == 2


def test_one_guid_for_all_is_told_apart_by_links() -> None:
    entries = [replace(A, url=f"https://e.example/{n}", title="Same") for n in range(5)]
    keys = keys_of(entries)
    assert len(set(keys)) == 5
    assert keys_of(entries[::-1]) == keys[::-1]


def test_one_guid_and_one_front_page_for_all_are_told_apart_by_titles() -> None:
    entries = [replace(A, url="https://e.example/", title=f"T{n}") for n in range(5)]
    assert len(set(keys_of(entries))) == 5


def test_an_entry_said_twice_is_one() -> None:
    assert len(set(keys_of([A, B, A, replace(B, title="Edited since")]))) == 2


def test_one_link_for_all_is_told_apart_by_titles() -> None:
    entries = [replace(A, guid="", title=f"T{n}") for n in range(3)]
    assert len(set(keys_of(entries))) == 3


def test_long_names_make_short_keys() -> None:
    assert len(keys_of([replace(A, guid="g" * 100_000)])[0]) < 600


_names = st.builds(
    Names,
    st.sampled_from(["", "g1", "g2", " g1"]),
    st.sampled_from(
        ["", "https://e.example/", "https://e.example/1", "http://e.example/1"]
    ),
    st.sampled_from(["", "t1", "t2"]),
    st.sampled_from(["", "s1"]),
)


@given(st.lists(_names, max_size=12), st.randoms())
def test_order_never_changes_a_key(entries: list[Names], random: object) -> None:
    mixed = list(enumerate(entries))
    random.shuffle(mixed)  # type: ignore[attr-defined]
    keys = keys_of(entries)
    for (index, _), key in zip(mixed, keys_of([one for _, one in mixed]), strict=True):
        assert keys[index] == key
