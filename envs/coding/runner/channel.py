"""The private channel: requests on fd 3, replies on fd 4, one line of JSON each."""

import os


def lines():
    """Yields each request as text, until the server closes its end."""
    os.set_inheritable(3, False)
    os.set_inheritable(4, False)
    kept = b""
    while True:
        chunk = os.read(3, 65536)
        if not chunk:
            return
        *complete, kept = (kept + chunk).split(b"\n")
        for line in complete:
            yield line.decode()


def send(text):
    data = text.encode() + b"\n"
    while data:
        data = data[os.write(4, data) :]
