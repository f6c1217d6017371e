"""Ids in the order of their making."""

import secrets
from datetime import datetime
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriverUUID  # noqa: N811  # a subclass, written in C

from lictor.db.clock import CLOCK


def uuid7() -> UUID:
    """A new UUID of version 7 (RFC 9562): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = int(CLOCK.seconds() * 1000)
    random = secrets.randbits(74)
    return UUID(
        int=(milliseconds & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (random >> 62) << 64
        | 0b10 << 62
        | random & 0x3FFF_FFFF_FFFF_FFFF
    )


def parse_id(text: str) -> UUID:
    """The id that a text spells out. Raises ValueError. It takes an eighth of the time that `UUID` takes."""
    id: UUID = DriverUUID(text)
    return id


def first_id_of(moment: datetime) -> UUID:
    """An id that comes before all that are made from a moment on."""
    return UUID(int=(int(moment.timestamp() * 1000) & 0xFFFF_FFFF_FFFF) << 80)
