"""Runs one test that is code. Never runs submitted code: `candidate` asks the server, which asks the other process."""

import json
import sys
import traceback

sys.path[:] = [__file__.rpartition("/")[0], *sys.path, *sys.argv[1:]]
import channel  # noqa: E402
import values  # noqa: E402


class CandidateError(Exception):
    """The submission raised, ended or took too long."""


def main():
    requests = channel.lines()
    request = json.loads(next(requests))

    def candidate(*args):
        channel.send('{"id":%s,"args":%s}' % (json.dumps(request["id"]), values.encode(list(args))))
        reply = values.decode(next(requests))
        if "error" in reply:
            raise CandidateError(reply["error"])
        return reply["value"]

    passed = False
    try:
        namespace = {"__name__": "test"}
        exec(compile(request["code"], "<test>", "exec"), namespace)
        namespace["check"](candidate)
        passed = True
    except BaseException:
        traceback.print_exc()
    channel.send(json.dumps({"id": request["id"], "passed": passed}))


main()
