interface Architecture {
  audit: number;
  numbers: readonly number[];
}

// Calls that no interpreter needs and that lead around the limits (memory that no limit counts: memfd, System V
// and POSIX queues; the keyrings of the server) or into large parts of the kernel: keyctl, add_key, request_key,
// bpf, perf_event_open, userfaultfd, io_uring_{setup,enter,register}, memfd_{create,secret}, shmget, msgget,
// mq_open, ptrace, process_vm_{readv,writev}.
const architectures: Partial<Record<NodeJS.Architecture, Architecture>> = {
  x64: {
    audit: 0xc000003e,
    numbers: [250, 248, 249, 321, 298, 323, 425, 426, 427, 319, 447, 29, 68, 240, 101, 310, 311],
  },
  arm64: {
    audit: 0xc00000b7,
    numbers: [219, 217, 218, 280, 241, 282, 425, 426, 427, 279, 447, 194, 186, 180, 117, 270, 271],
  },
};

const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfNotBelow = 0x35;
const give = 0x06;
const allow = 0x7fff0000;
const killProcess = 0x80000000;
const failWithEperm = 0x00050001;
// On x64 a second numbering of the same calls starts here.
const x32Numbers = 0x40000000;

/** A seccomp filter in the kernel's binary form, or `undefined` on a processor whose call numbers are not known here. */
export function syscallFilter(arch: NodeJS.Architecture = process.arch): Buffer | undefined {
  const architecture = architectures[arch];
  if (architecture === undefined) return undefined;
  const { audit, numbers } = architecture;
  const toDenial = (index: number) => numbers.length - index;
  return Buffer.concat([
    instruction(load, 0, 0, 4),
    instruction(jumpIfEqual, 1, 0, audit),
    instruction(give, 0, 0, killProcess),
    instruction(load, 0, 0, 0),
    instruction(jumpIfNotBelow, toDenial(-1), 0, x32Numbers),
    ...numbers.map((number, index) => instruction(jumpIfEqual, toDenial(index), 0, number)),
    instruction(give, 0, 0, allow),
    instruction(give, 0, 0, failWithEperm),
  ]);
}

function instruction(code: number, ifTrue: number, ifFalse: number, operand: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}
