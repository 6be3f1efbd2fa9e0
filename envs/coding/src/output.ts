import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";

/** Kept of each stream and step, in bytes; the rest is read and dropped. */
export const keptBytes = 64 * 1024;
/** Beyond this, in bytes, the program is ended: reading on would cost other sessions their time. */
const floodBytes = 16 * 1024 * 1024;

/** Collects what a program writes to one stream. */
export interface Collector {
  /** What came since the last call. */
  take(): { text: string; truncated: boolean };
}

/** `onFlood` is called when a step writes without end. */
export function collect(stream: Socket, onFlood: () => void): Collector {
  let chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < keptBytes) chunks.push(chunk.subarray(0, keptBytes - size));
    if (size <= floodBytes && size + chunk.length > floodBytes) onFlood();
    size += chunk.length;
  });
  return {
    take() {
      const truncated = size > keptBytes;
      const decoder = new StringDecoder("utf8");
      const kept = decoder.write(Buffer.concat(chunks));
      // A character that the cut tore apart is dropped; one that the program tore is shown as such.
      const text = truncated ? kept : kept + decoder.end();
      chunks = [];
      size = 0;
      return { text, truncated };
    },
  };
}

/**
 * Waits until all that a program wrote before its last reply has been read. It is in the sockets' buffers already, so
 * one whole turn of the event loop without new data means that they are empty.
 */
export async function settle(sockets: readonly Socket[]): Promise<void> {
  const total = () => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
  let before = -1;
  while (before !== total()) {
    before = total();
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}
