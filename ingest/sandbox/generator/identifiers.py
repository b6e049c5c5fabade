"""Identifiers made from a random stream, many at a time."""

import numpy as np

_HEX_PAIRS = np.frombuffer("".join(f"{n:02x}" for n in range(256)).encode(), dtype=np.uint8)
_LETTERS = np.frombuffer(
    b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", dtype=np.uint8
)
_GUID_LENGTH = 36
_DASHES = (8, 13, 18, 23)
_MESSAGE_PREFIX = b"msg_01"
_MESSAGE_LENGTH = 28


def guids(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` random GUIDs of version 4."""
    raw = rng.integers(0, 256, size=(count, 16), dtype=np.uint8)
    raw[:, 6] = raw[:, 6] & 0x0F | 0x40
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    letters = np.full((count, _GUID_LENGTH), ord("-"), dtype=np.uint8)
    places = [place for place in range(_GUID_LENGTH) if place not in _DASHES]
    letters[:, places] = _HEX_PAIRS.reshape(256, 2)[raw].reshape(count, 32)
    return _texts(letters)


def message_ids(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` response ids of the form the Messages API uses, `msg_01...`."""
    letters = np.empty((count, _MESSAGE_LENGTH), dtype=np.uint8)
    letters[:, : len(_MESSAGE_PREFIX)] = np.frombuffer(_MESSAGE_PREFIX, dtype=np.uint8)
    shape = (count, _MESSAGE_LENGTH - len(_MESSAGE_PREFIX))
    letters[:, len(_MESSAGE_PREFIX) :] = _LETTERS[rng.integers(0, len(_LETTERS), size=shape)]
    return _texts(letters)


def _texts(letters: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> list[str]:
    width = letters.shape[1]
    text: list[str] = letters.reshape(-1).view(f"S{width}").astype(f"U{width}").tolist()
    return text
