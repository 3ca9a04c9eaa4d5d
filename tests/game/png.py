#!/usr/bin/env python3
"""Makes the README's picture of a screenshot: png.py IN.bmp OUT.png SCALE.

The game's pixels are doubled, for a browser would blur them, and the lowest bits of colours are dropped: they cost
half of the file and show nothing."""
import struct
import sys
import zlib


def rows_of(bmp):
    """The lines of an uncompressed BMP of 24 or 32 bits, the upper first, as lists of (red, green, blue)."""
    start, = struct.unpack_from("<I", bmp, 10)
    width, height = struct.unpack_from("<ii", bmp, 18)
    bits, = struct.unpack_from("<H", bmp, 28)
    step = bits // 8
    stride = (width * step + 3) // 4 * 4
    lines = [bmp[start + y * stride:start + y * stride + width * step] for y in range(abs(height))]
    if height > 0:
        lines.reverse()
    return [[(line[x + 2], line[x + 1], line[x]) for x in range(0, width * step, step)] for line in lines]


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(rows, scale):
    width, height = len(rows[0]) * scale, len(rows) * scale
    coarse = [value & 0xFC | value >> 6 for value in range(256)]
    lines = []
    for row in rows:
        line = b"".join(bytes(coarse[value] for value in pixel) * scale for pixel in row)
        lines.append(b"\0" + line)
        # "As the line above": all zeros.
        lines += [b"\2" + bytes(len(line))] * (scale - 1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"".join(lines), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def main(source, target, scale):
    with open(source, "rb") as file:
        rows = rows_of(file.read())
    with open(target, "wb") as file:
        file.write(png(rows, int(scale)))


main(*sys.argv[1:])
