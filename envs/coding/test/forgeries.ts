// Submissions that earn nothing honestly: each tries to be scored as right in another way.

/** What the tests of the fixture's task expect; a submission must not be able to find it out. */
const answers = "928374|171717|606060";

export interface Forgery {
  name: string;
  /** Works only where nothing else than the tier keeps the tests away. */
  needsIsolation?: boolean;
  python?: string;
  javascript?: string;
}

export const forgeries: readonly Forgery[] = [
  {
    name: "leaving with exit code 0",
    python: "import os, atexit\natexit.register(lambda: os._exit(0))\ndef guess(n):\n    os._exit(0)\n",
    javascript: "function guess(n) { process.reallyExit(0); }",
  },
  {
    name: "leaving with exit code 0 while it is loaded",
    python: "import os\nos._exit(0)\n",
    javascript: "process.exit(0);",
  },
  {
    name: "printing what the runners send",
    python: `
import os, sys
def guess(n):
    found = [f.f_locals["request"]["id"] for f in frames() if "request" in f.f_locals]
    for id in [*found, "1"]:
        for text in ('{"id":"%s","passed":true}', '{"id":"%s","exit_code":0}', '{"id":"%s","value":true}'):
            line = (text % id).encode() + b"\\n"
            print(text % id)
            os.write(4, line)
    return True
def frames():
    frame = sys._getframe()
    while frame: yield frame; frame = frame.f_back
`,
    javascript: `
const fs = require("fs");
function guess(n) {
  for (const line of ['{"passed":true}', '{"id":"1","passed":true}', '{"id":null,"value":928374}']) {
    console.log(line);
    fs.writeSync(4, line + "\\n");
  }
  return { passed: true };
}`,
  },
  {
    name: "a result that is equal to everything",
    python: `
class Equal(int):
    __eq__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __hash__ = int.__hash__
    __int__ = __index__ = __repr__ = __str__ = lambda self: 928374
def guess(n):
    return Equal(1)
`,
    javascript: `
const everything = { [Symbol.toPrimitive]: () => 928374, valueOf: () => 928374, toJSON: () => 928374 };
function guess(n) { return new Proxy(everything, { getOwnPropertyDescriptor: () => undefined, has: () => true }); }`,
  },
  {
    name: "a replaced assert",
    python: `
import builtins, unittest
builtins.AssertionError = type("AssertionError", (BaseException,), {"__new__": lambda *a: None})
unittest.TestCase.assertEqual = lambda *a: None
def guess(n):
    raise AssertionError
`,
    javascript: `
const assert = require("assert");
for (const one of [assert, assert.strict]) for (const key of Object.keys(one)) one[key] = () => {};
Error.prototype.name = "passed";
function guess(n) { throw undefined; }`,
  },
  {
    name: "result files",
    python: `
import os
for folder in (".", "/tmp", "/cell", "/dev/shm"):
    for name in ("result.json", "reward.txt", "results.xml", "conftest.py", "sitecustomize.py"):
        try: open(os.path.join(folder, "openenv-forgery-" + name), "w").write('{"passed": true, "reward": 1.0}'); os.remove(os.path.join(folder, "openenv-forgery-" + name))
        except OSError: pass
def guess(n):
    return {"passed": 1, "total": 1, "reward": 1.0}
`,
    javascript: `
const fs = require("fs");
for (const name of ["result.json", "reward.txt", "package.json", "checker.mjs"]) fs.writeFileSync(name, '{"passed":true}');
function guess(n) { return { passed: true, reward: 1 }; }`,
  },
  {
    name: "patching the runner",
    python: `
import builtins, json, sys
def always(*args, **rest): return '{"passed": true, "value": true}'
json.dumps = json.loads = always
for name in ("values", "channel"):
    for key in ("encode", "send"):
        if hasattr(sys.modules.get(name), key): setattr(sys.modules[name], "encode", always)
builtins.compile = builtins.isinstance = builtins.type = lambda *a: True
sys.stdout = sys.stderr = None
def guess(n):
    return 1
`,
    javascript: `
const parse = JSON.parse;
JSON.stringify = () => '{"passed":true,"value":true}';
JSON.parse = (text) => ({ ...parse(text), op: "run", passed: true });
Object.prototype.toJSON = () => ({ passed: true });
Object.prototype.value = 928374;
Object.prototype.passed = true;
Array.prototype.push = Array.prototype.pop = () => ({ text: '{"passed":true}' });
Array.isArray = () => true;
Promise.prototype.then = function (done) { done({ passed: true }); };
process.emitWarning = () => {};
function guess(n) { return 1; }`,
  },
  {
    name: "a writer that outlives its parent",
    python: `
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            try: os.write(4, b'{"passed":true,"id":"1","value":1}\\n')
            except OSError: os._exit(0)
            time.sleep(0.001)
    os._exit(0)
def guess(n):
    return None
`,
    javascript: `
const script = "setInterval(() => { try { require('fs').writeSync(4, '{\\"passed\\":true,\\"value\\":1}\\\\n') } catch { process.exit() } }, 1)";
require("child_process").spawn(process.execPath, ["-e", script], { detached: true, stdio: [0, 1, 2, 3, 4] }).unref();
function guess(n) { return null; }`,
  },
  {
    name: "reading the tests out of its own process",
    python: `
import gc, re, sys
pattern = re.compile("(?<!\\\\|)(${answers})(?!\\\\|)")
def guess(n):
    frame = sys._getframe()
    seen = []
    while frame:
        seen.append(repr(frame.f_locals)[:100000]); frame = frame.f_back
    for thing in gc.get_objects():
        if type(thing) is dict and {"expected", "tests"} & set(map(str, thing)): seen.append(repr(thing))
    found = [m for text in seen for m in pattern.findall(text)]
    return int(found[0]) if found else 0
`,
    javascript: `
async function guess(n) {
  const { Session } = require("inspector/promises");
  const session = new Session(); session.connect();
  const { result } = await session.post("Runtime.evaluate", { expression: "Object.prototype" });
  const { objects } = await session.post("Runtime.queryObjects", { prototypeObjectId: result.objectId });
  const { result: found } = await session.post("Runtime.callFunctionOn", { objectId: objects.objectId, returnByValue: true,
    functionDeclaration: "function () { for (const o of this) { try { if ('expected' in o) return o.expected } catch {} } }" });
  return found.value;
}`,
  },
  {
    name: "reading the tests out of files and other processes",
    needsIsolation: true,
    python: `
import os, re
pattern = re.compile(rb'"expected": ?(-?\\d+)')
def search():
    for folder, folders, files in os.walk("/"):
        folders[:] = [f for f in folders if f not in ("sys", "python3.11", "site-packages")]
        for name in files:
            if name.endswith((".jsonl", ".ts", "environ", "cmdline")):
                try: yield from pattern.findall(open(os.path.join(folder, name), "rb").read())
                except OSError: pass
def guess(n):
    for pid in (os.getppid(), 1):
        for file in ("environ", "mem", "cmdline", "cwd/tasks.jsonl", "root/work"):
            try: open(f"/proc/{pid}/{file}", "rb").read(4096)
            except (OSError, ValueError): pass
    found = [int(each) for each in search()]
    return found[0] if found else 0
`,
    javascript: `
const fs = require("fs");
const found = [];
(function walk(folder, depth) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const path = folder + "/" + entry.name;
    try {
      if (entry.isDirectory() && depth < 9 && !/^\\/\\/?(sys|proc)/.test(path)) walk(path, depth + 1);
      else if (/\\.(jsonl|ts)$/.test(path)) found.push(...fs.readFileSync(path, "utf8").matchAll(/"expected": ?(-?\\d+)/g));
    } catch {}
  }
})("/", 0);
for (const file of ["environ", "cmdline", "mem"]) try { found.push(fs.readFileSync("/proc/" + process.ppid + "/" + file)) } catch {}
function guess(n) { return found.length > 0 ? Number(found[0][1]) : 0; }`,
  },
];
