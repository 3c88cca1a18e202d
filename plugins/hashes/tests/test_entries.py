"""Hashes are read as ThreatExchange, its command line and HMA write them; what is wrong is told by file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from moderation_hashes.entries import Entries, read_entries

from moderation.core.errors import InputError

PDQ, OTHER = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22", "0f" * 32
MD5 = "d41d8cd98f00b204e9800998ecf8427e"
DESCRIPTOR = {
    "id": "1", "raw_indicator": PDQ, "type": "HASH_PDQ", "status": "MALICIOUS", "owner": {"id": "2"},
    "indicator": {"id": "3", "indicator": PDQ, "type": "HASH_PDQ"},
}  # fmt: skip
UPDATE = {
    "id": "3", "indicator": PDQ, "type": "HASH_PDQ", "last_updated": 1, "should_delete": False,
    "descriptors": {"data": [{"id": "1", "status": "MALICIOUS"}]},
}  # fmt: skip


def read(folder: Path, content: Any, name: str = "list.csv", given_type: str | None = None) -> Entries:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_entries(path, given_type)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tx.csv", f"signal_type,signal_str,collab,category,tags\npdq,{PDQ},Sample,POSITIVE_CLASS,a b\nvideo_md5,{MD5},,,\n"),
        ("own.csv", f"type,value\npdq,{PDQ}\nmd5,{MD5}\n"),
        ("swapped.csv", f"# ours\nhash,note,Hash-Type\n{PDQ.upper()},x,PDQ\n\n{MD5},,MD5\n"),
        ("bare.csv", f"pdq,{PDQ}\nHASH_MD5,{MD5}\n"),
        ("exchange.txt", f"pdq {PDQ}\nvideo_md5 {MD5}\n"),
        ("descriptors.json", {"data": [DESCRIPTOR, {**DESCRIPTOR, "raw_indicator": MD5, "type": "HASH_MD5", "indicator": None}]}),
        ("updates.json", {"data": [UPDATE, {**UPDATE, "indicator": MD5, "type": "HASH_VIDEO_MD5"}]}),
        ("bank.json", [{"id": 1, "bank": {"name": "B"}, "signals": {"pdq": PDQ, "video_md5": MD5}}]),
        ("one.json", {"id": 1, "signals": {"pdq": PDQ, "video_md5": MD5}}),
        ("lines.jsonl", f'{{"type": "pdq", "value": "{PDQ}"}}\n\n{{"signal_type": "md5", "signal": "{MD5}"}}\n'),
    ],
)  # fmt: skip
def test_every_form_is_understood(tmp_path: Path, name: str, content: Any) -> None:
    entries = read(tmp_path, content, name)

    assert dict(entries.found) == {"pdq": {bytes.fromhex(PDQ)}, "md5": {bytes.fromhex(MD5)}}
    assert not entries.left_out


def test_the_type_of_bare_hashes_comes_from_the_name_or_the_caller(tmp_path: Path) -> None:
    row = f"{PDQ},1234,2020-01-01,tag\n"

    assert read(tmp_path, row, "simple.HASH_PDQ.te").found["pdq"] == {bytes.fromhex(PDQ)}
    assert read(tmp_path, f"{PDQ}\n{OTHER}\n", given_type="sha256").found["sha256"] == {
        bytes.fromhex(PDQ),
        bytes.fromhex(OTHER),
    }
    with pytest.raises(InputError, match=r"list.csv:1: no type before the hash; .*--type"):
        read(tmp_path, f"{PDQ}\n")


def test_what_is_deleted_harmless_or_not_compared_is_left_out_and_counted(tmp_path: Path) -> None:
    said = {"data": [{"id": "1", "status": "NON_MALICIOUS"}]}
    disputed = {"data": [{"status": "NON_MALICIOUS"}, {"status": "MALICIOUS"}]}
    records = [
        {**UPDATE, "should_delete": True, "descriptors": {"data": []}},
        {**UPDATE, "descriptors": said},
        {**DESCRIPTOR, "status": "NON_MALICIOUS"},
        {**UPDATE, "indicator": "T1" + "0" * 70, "type": "HASH_TEXT_TLSH"},
        {**UPDATE, "indicator": OTHER, "descriptors": disputed},
    ]

    entries = read(tmp_path, {"data": records}, "updates.json")

    assert dict(entries.found) == {"pdq": {bytes.fromhex(OTHER)}}
    assert sorted(entries.left_out.values()) == [1, 1, 2]
    table = f"signal_type,signal_str,collab,category,tags\npdq,{PDQ},Sample,NEGATIVE_CLASS,\n"
    assert read(tmp_path, table).count == 0


def test_texts_become_hashes_and_their_words_are_not_kept(tmp_path: Path) -> None:
    words = "Meet me at the corner, and bring the money with you!"

    entries = read(
        tmp_path, {"data": [{"type": "TEXT_STRING", "indicator": words}, {"type": "text", "value": "No."}]}, "t.json"
    )

    assert {kind: len(values) for kind, values in entries.found.items()} == {"text_sha256": 2, "text_simhash": 1}
    assert entries.found["text_sha256"] == read(tmp_path, f'text,"{words.upper()}"\ntext,no\n').found["text_sha256"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", f"pdq,{PDQ}\npdq,{PDQ[:-1]}\n", r"a.csv:2: '.*' is no pdq, which has 64 characters 0-9 and a-f"),
        ("a.csv", f"type,value\nmd5,{MD5[:-1]}g\n", r"a.csv:2: '.*' is no md5, which has 32 characters"),
        ("a.csv", "type,note,value\npdq,x\n", r"a.csv:2: 2 columns"),
        ("a.csv", f"hash\n{PDQ}\n", r"a.csv:1: no column for the type"),
        ("a.csv", "pdq,\0\n", r"a.csv:1: a NUL byte"),
        ("a.csv", "text,?!\n", r"a.csv:1: the text has neither letters nor digits"),
        ("a.json", "{", r"a.json: not JSON"),
        ("a.json", "[" * 100_000, r"a.json: not JSON"),
        ("a.json", ["x"], r"a.json: entry 1: expected an object"),
        ("a.json", [UPDATE, {"type": "pdq"}], r"a.json: entry 2: no value; it stands under one of"),
        ("a.json", [{"signals": {"pdq": 7}}], r"a.json: entry 1: a hash is a word, not int"),
        ("a.jsonl", f'{{"type": "pdq", "value": "{PDQ}"}}\n{{', r"a.jsonl:2: not JSON"),
    ],
)
def test_what_is_wrong_is_told_by_file_and_line(tmp_path: Path, name: str, content: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content, name)


def test_files_that_are_no_text_and_types_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"pdq,\xff\xfe\n")
    with pytest.raises(InputError, match=r"not UTF-8 \(byte 4\)"):
        read_entries(tmp_path / "a.csv")
    with pytest.raises(InputError, match="'photodna' is no type that is compared here"):
        read(tmp_path, f"{PDQ}\n", given_type="photodna")
    with pytest.raises(InputError, match="cannot be read"):
        read_entries(tmp_path / "none.csv")
