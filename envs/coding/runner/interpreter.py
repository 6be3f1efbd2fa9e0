"""Runs submitted code, statement blocks and calls, in one lasting namespace. Holds no expected value of any test."""

import ast
import errno
import json
import linecache
import sys
import traceback
import types

sys.path[:] = [__file__.rpartition("/")[0], *sys.path, *sys.argv[1:]]
import channel  # noqa: E402
import values  # noqa: E402

OWN_FILES = (__file__, channel.__file__, values.__file__)


class Leave(Exception):
    """The code asked to end the process."""


def main():
    namespace = types.ModuleType("__main__")
    namespace.__dict__["__builtins__"] = __builtins__
    namespace.__dict__.update({"exit": sys.exit, "quit": sys.exit})
    sys.modules["__main__"] = namespace
    sys.path.pop(0)
    sys.argv = [""]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")
    for count, line in enumerate(channel.lines(), 1):
        request = values.decode(line)
        channel.send(answer(request, namespace.__dict__, f"<step {count}>"))


def answer(request, namespace, filename):
    try:
        if request["op"] == "call":
            # A list of arguments, so that a deep value never meets a recursive reader here.
            result = namespace[request["name"]](*request["args"])
            return '{"id":%s,"value":%s}' % (json.dumps(request["id"]), values.encode(result))
        namespace["__name__"] = request["name"]
        run(request["code"], namespace, filename, request["show"])
        reply = {"exit_code": 0}
    except SystemExit as error:
        reply = {"exit_code": exit_code(error.code), "exited": True, "error": "SystemExit"}
    except BaseException as error:
        reply = {"exit_code": 1, "limit": limit_of(error), "error": type(error).__name__}
        report(error)
    flush()
    return json.dumps({"id": request["id"], **reply})


def run(code, namespace, filename, show):
    linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
    tree = ast.parse(code, filename)
    last = tree.body.pop() if show and tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, filename, "exec"), namespace)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), filename, "eval"), namespace)
        if value is not None:
            print(repr(value))


def exit_code(code):
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def limit_of(error):
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOSPC):
        return "files"
    if isinstance(error, OSError) and error.errno == errno.EAGAIN:
        return "processes"
    if type(error) is RuntimeError and error.args == ("can't start new thread",):
        return "processes"
    return None


def report(error):
    """Writes the traceback to standard error, without the frames of this program."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in (*OWN_FILES, ast.__file__):
        trace = trace.tb_next
    try:
        lines = traceback.format_exception(type(error), error, trace)
        sys.stderr.write("".join(lines))
    except Exception:
        sys.stderr.write(f"{type(error).__name__}\n")


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


main()
