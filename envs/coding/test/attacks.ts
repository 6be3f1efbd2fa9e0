// Submissions that attack the runner, the channel or the machine rather than the score.

export const attacks: Record<"python" | "javascript", ReadonlyArray<[name: string, code: string]>> = {
  python: [
    ["the channel led to standard output", "import os\nos.dup2(1, 4)\ndef guess(n): return 1"],
    ["closed fds", "import os\nos.closerange(0, 100)\ndef guess(n): return 1"],
    ["a stopped process", "import os, signal\ndef guess(n):\n  while True: os.kill(os.getpid(), signal.SIGSTOP)"],
    ["a list a million deep", "def guess(n):\n  a = []\n  for _ in range(1000000): a = [a]\n  return a"],
    ["a list that contains itself", "def guess(n):\n  a = []\n  a.append(a)\n  return a"],
    ["a generator", "def guess(n):\n  while True: yield n"],
    ["a gigabyte of output", "def guess(n):\n  for _ in range(1024): print('x' * 1048576)\n  return 1"],
    [
      "a gigabyte on the channel",
      "import os\ndef guess(n):\n  for _ in range(1024): os.write(4, b'x' * 1048576)\n  return 1",
    ],
    ["a gigabyte of short messages", "import os\ndef guess(n):\n  while True: os.write(4, b'{}\\n' * 100000)"],
    [
      "ending every process",
      "import os, signal\ndef guess(n):\n  os.kill(-1, signal.SIGKILL); os.kill(1, signal.SIGKILL); os.kill(os.getppid(), 9) if os.getppid() else None\n  return 1",
    ],
    [
      "writing its own memory",
      "def guess(n):\n  mem = open('/proc/self/mem', 'r+b', 0)\n  for line in open('/proc/self/maps'):\n    if 'r--p' in line and 'libc' in line or '[heap]' in line:\n      a, b = (int(x, 16) for x in line.split()[0].split('-'))\n      mem.seek(a); mem.write(bytes(b - a))\n  return 1",
    ],
    ["an audit hook", "import sys\ndef hook(*a): raise RuntimeError\nsys.addaudithook(hook)\ndef guess(n): return 1"],
    [
      "a finaliser",
      "import os\nclass D:\n  def __del__(self): os.write(4, b'{\"passed\":true}\\n'); os._exit(0)\ndef guess(n):\n  D()\n  return 1",
    ],
    [
      "recursion without end in repr",
      "class R(Exception):\n  def __repr__(self): return repr(self)\n  __str__ = __repr__\ndef guess(n): raise R()",
    ],
    ["a fork bomb", "import os\ndef guess(n):\n  while True:\n    try: os.fork()\n    except OSError: pass"],
    ["all memory", "def guess(n):\n  a = []\n  while True: a.append(bytearray(1 << 24))"],
    ["a full disk", "def guess(n):\n  for i in range(100000): open(f'/cell/{i}', 'wb').write(bytes(1 << 24))"],
    ["a huge integer", "def guess(n): return 1 << 40000000"],
    ["a crash of the interpreter", "import ctypes\ndef guess(n): ctypes.string_at(0)"],
    [
      "an exception that cannot be raised",
      "class B(BaseException):\n  __class__ = property(lambda s: 1/0)\ndef guess(n): raise B",
    ],
  ],
  javascript: [
    [
      "closed fds",
      "for (let fd = 0; fd < 100; fd++) try { require('fs').closeSync(fd) } catch {}\nfunction guess(n) { return 1 }",
    ],
    ["internals of Node", "const b = process.binding('fs'); function guess(n) { return process.binding('config') }"],
    [
      "threads",
      "const { Worker } = require('worker_threads');\nfor (let i = 0; i < 100; i++) try { new Worker('for(;;);', { eval: true }).on('error', () => {}) } catch {}\nfunction guess(n) { return 1 }",
    ],
    [
      "a proxy of an array",
      "function guess(n) { return new Proxy([], { get: (t, k) => k === 'length' ? 2 ** 31 : 1 }) }",
    ],
    ["a getter that throws", "function guess(n) { return { get a() { throw { toString() { process.exit(0) } } } } }"],
    ["a getter that never ends", "function guess(n) { return { get a() { for (;;); } } }"],
    ["an object that contains itself", "function guess(n) { const a = {}; a.a = a; return a }"],
    ["an array a million deep", "function guess(n) { let a = []; for (let i = 0; i < 1e6; i++) a = [a]; return a }"],
    ["a promise that is never kept", "function guess(n) { return new Promise(() => {}) }"],
    ["a thenable", "function guess(n) { return { then(done) { done({ then: done }); done(1) } } }"],
    ["a huge integer", "function guess(n) { return 1n << 40000000n }"],
    ["a symbol", "function guess(n) { return Symbol('928374') }"],
    [
      "a gigabyte of output",
      "function guess(n) { const x = 'x'.repeat(1 << 20); for (let i = 0; i < 1024; i++) console.log(x); return 1 }",
    ],
    [
      "a gigabyte on the channel",
      "function guess(n) { const x = 'x'.repeat(1 << 20); for (let i = 0; i < 1024; i++) require('fs').writeSync(4, x); return 1 }",
    ],
    ["all memory", "function guess(n) { const a = []; for (;;) a.push(Buffer.alloc(1 << 24, 1)) }"],
    ["endless microtasks", "function guess(n) { const f = () => Promise.resolve().then(f); return f() }"],
    [
      "a replaced evaluator",
      "require('vm').runInThisContext = globalThis.eval = () => () => 928374;\nfunction guess(n) { return 1 }",
    ],
    [
      "a debugger's pause",
      "const { Session } = require('inspector'); const s = new Session(); s.connect(); s.post('Debugger.enable'); s.post('Debugger.pause');\nfunction guess(n) { debugger; return 1 }",
    ],
    ["ending every process", "function guess(n) { process.kill(-1, 'SIGKILL'); process.kill(1, 'SIGKILL'); return 1 }"],
  ],
};
