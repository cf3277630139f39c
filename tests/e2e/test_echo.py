"""What a client sends comes back byte for byte, whatever the framing and however TCP cuts it."""

import random
import struct

import pytest


def numbered(count, size=24):
    return [f"{number:06d} ".encode() + b"x" * (number % size) for number in range(count)]


def lines(payloads, ending=b"\n"):
    return b"".join(payload + ending for payload in payloads)


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def prefixed(header):
    return lambda payloads: b"".join(header(len(payload)) + payload for payload in payloads)


def length_prefix(size, order, code):
    framing = {"length_prefix": {"size": size, "order": order}}
    return framing, prefixed(lambda length: struct.pack(code, length))


SLIP = {
    "start_stop": {
        "start": "\\xc0",
        "stop": "\\xc0",
        "escapes": [{"sent": "\\xdb\\xdc", "means": "\\xc0"}, {"sent": "\\xdb\\xdd", "means": "\\xdb"}],
    }
}


def slip(payloads):
    escaped = [(p + b"\xc0\xdb").replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") for p in payloads]
    return b"".join(b"\xc0" + each + b"\xc0" for each in escaped)


SWITCH = {
    "switch": {
        "cases": [
            {"starts_with": "\\x00", "framing": {"length_prefix": {"size": "3", "strip": False}}},
            {"starts_with": "*", "framing": {"delimiter": {"delimiters": ["#"]}}},
            {"framing": {"line": {"strip": False}}},
        ]
    }
}


def switch(payloads):
    kinds = (lambda p: b"\0" + struct.pack(">H", len(p)) + p, lambda p: b"*" + p + b"#", lambda p: p + b"\n")
    return b"".join(kinds[number % 3](payload) for number, payload in enumerate(payloads))


FRAMINGS = {
    "raw": ("raw", b"".join),
    "line-lf": ("line", lines),
    "line-crlf": ("line", lambda payloads: lines(payloads, b"\r\n")),
    "line-egress-crlf": ({"line": {"egress": "crlf"}}, lambda payloads: lines(payloads, b"\r\n")),
    "delimiter": ({"delimiter": {"delimiters": ["\\r\\n", "\\x03", "||"]}}, lambda p: lines(p, b"||")),
    "fixed": ({"fixed": {"bytes": 16}}, lambda payloads: b"".join(p[:16].ljust(16, b".") for p in payloads)),
    "length-1": length_prefix("1", "big", ">B"),
    "length-2": length_prefix("2", "big", ">H"),
    "length-2-little": length_prefix("2", "little", "<H"),
    "length-4": length_prefix("4", "big", ">I"),
    "length-4-little": length_prefix("4", "little", "<I"),
    "length-8": length_prefix("8", "big", ">Q"),
    "length-8-little": length_prefix("8", "little", "<Q"),
    "length-varint": ({"length_prefix": {"size": "varint"}}, prefixed(varint)),
    "length-of-itself-too": (
        {"length_prefix": {"size": "2", "adjustment": -2}},
        prefixed(lambda length: struct.pack(">H", length + 2)),
    ),
    "length-behind-a-magic": (
        {"length_prefix": {"size": "2", "offset": 3, "strip": False}},
        prefixed(lambda length: b"\x7eWM" + struct.pack(">H", length)),
    ),
    "length-3": ({"length_prefix": {"size": "3"}}, prefixed(lambda length: struct.pack(">I", length)[1:])),
    "length-of-itself-in-decimal": (
        {"length_prefix": {"size": "decimal", "digits": 6, "counts": "field"}},
        prefixed(lambda length: b"%06d" % (length + 6)),
    ),
    "length-in-hex": ({"length_prefix": {"size": "hex", "digits": 4}}, prefixed(lambda length: b"%04X" % length)),
    "length-in-some-bits": (
        {"length_prefix": {"size": "2", "order": "little", "bits": 15, "offset": 1, "strip": False}},
        prefixed(lambda length: b"\1" + struct.pack("<H", length | 0x8000)),
    ),
    "lines-kept": ({"line": {"strip": False}}, lambda payloads: lines(payloads, b"\r\n")),
    "flags-with-escapes": (SLIP, slip),
    "switch": (SWITCH, switch),
}


@pytest.mark.parametrize("name", FRAMINGS)
def test_echo_is_byte_exact(rig, name):
    framing, encode = FRAMINGS[name]
    client = rig.proxy(rig.stub(), framing=framing).client()
    stream = encode(numbered(500))

    assert client.exchange(stream) == stream, "coalesced"

    short = encode(numbered(20))
    client.dribble(short)
    assert client.receive(len(short)) == short, "byte by byte"

    dice = random.Random(name)
    rest = stream
    while rest:
        size = dice.randint(1, 97)
        client.send(rest[:size])
        rest = rest[size:]
    assert client.receive(len(stream)) == stream, "in pieces of any size"


def test_an_answer_ends_as_the_line_it_answers(rig):
    client = rig.proxy(rig.stub()).client()
    for line in (b"unix\n", b"dos\r\n", b"\n", b"\r\n", b"a \r b\n", b"unix again\n"):
        client.send(line)
        assert client.receive(len(line)) == line


def test_an_answer_ends_with_the_delimiter_of_its_frame(rig):
    framing = {"delimiter": {"delimiters": ["\\r\\n", "\\x03", "||"]}}
    client = rig.proxy(rig.stub(), framing=framing).client()
    for frame in (b"one\r\n", b"two\x03", b"|three||", b"\x03", b"five\r\n"):
        client.send(frame)
        assert client.receive(len(frame)) == frame


def test_lf_to_a_client_that_sends_crlf(rig):
    client = rig.proxy(rig.stub(), framing={"line": {"egress": "lf"}}).client()
    client.send(b"one\r\ntwo\r\n")
    assert client.receive(8) == b"one\ntwo\n"


def test_large_frames_come_back_whole(rig):
    framing = {"length_prefix": {"max_frame_bytes": "2MiB"}}
    proxy = rig.proxy(rig.stub(), framing=framing, listener={"down": {"hard": "8MiB", "soft": "8MiB"}})
    client = proxy.client()
    dice = random.Random(7)
    for size in (64 * 1024 - 1, 64 * 1024, 256 * 1024 + 1, 1024 * 1024, 2 * 1024 * 1024):
        frame = struct.pack(">I", size) + dice.randbytes(size)
        assert client.exchange(frame) == frame, size


def test_a_megabyte_of_lines_comes_back_in_order(rig):
    client = rig.proxy(rig.stub()).client()
    stream = lines(numbered(40_000))
    assert client.exchange(stream) == stream


@pytest.mark.parametrize("workers", [1, 2])
def test_frames_of_many_clients_keep_their_order(rig, workers):
    proxy = rig.proxy(*rig.stubs(3), workers=workers)
    clients = proxy.clients(50)
    streams = [lines([f"{who} {number}".encode() for number in range(200)]) for who in range(50)]
    for client, stream in zip(clients, streams):
        client.send(stream)
    for client, stream in zip(clients, streams):
        assert client.receive(len(stream)) == stream
    assert proxy.total("downstream_frames_total", direction="up") == 10_000
    assert proxy.total("downstream_frames_total", direction="down") == 10_000
