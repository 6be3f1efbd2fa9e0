import type { Measurement } from "./protocol.ts";

/** Round trips of one window, in milliseconds. */
export interface Latencies {
  add(ms: number): void;
  readonly count: number;
  /** The round trip that a share of them, between 0 and 1, does not exceed. */
  quantile(share: number): number;
}

export function openLatencies(): Latencies {
  let values = new Float64Array(65_536);
  let count = 0;
  return {
    add(ms) {
      if (count === values.length) {
        const larger = new Float64Array(count * 2);
        larger.set(values);
        values = larger;
      }
      values[count++] = ms;
    },
    get count() {
      return count;
    },
    quantile(share) {
      const sorted = values.subarray(0, count).sort();
      return sorted[Math.min(count - 1, Math.floor(share * count))] ?? Number.NaN;
    },
  };
}

/** A load that is open. In a window it keeps one message in flight in each of its lanes. */
export interface OpenLoad {
  run(durationMs: number): Promise<Measurement>;
  close(): Promise<void>;
}

/** Runs `drive` until every lane has its last reply, and measures it. */
export async function measure(
  durationMs: number,
  drive: (untilMs: number, latencies: Latencies) => Promise<unknown>,
  stepsPerExchange = 1,
): Promise<Measurement> {
  const latencies = openLatencies();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  await drive(startMs + durationMs, latencies);
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    steps: latencies.count * stepsPerExchange,
    wallMs,
    loadCpuUs: user + system,
    p50Us: (latencies.quantile(0.5) * 1000) / stepsPerExchange,
    p99Us: (latencies.quantile(0.99) * 1000) / stepsPerExchange,
  };
}

/** A load of lanes that each repeat one exchange, which rejects when its answer is wrong. */
export function exchangeLoad(
  lanes: ReadonlyArray<() => Promise<unknown>>,
  close: () => Promise<void>,
  stepsPerExchange = 1,
): OpenLoad {
  const drive = async (exchange: () => Promise<unknown>, untilMs: number, latencies: Latencies): Promise<void> => {
    let startMs = performance.now();
    while (startMs < untilMs) {
      await exchange();
      const endMs = performance.now();
      latencies.add(endMs - startMs);
      startMs = endMs;
    }
  };
  return {
    run: (durationMs) =>
      measure(
        durationMs,
        (untilMs, latencies) => Promise.all(lanes.map((exchange) => drive(exchange, untilMs, latencies))),
        stepsPerExchange,
      ),
    close,
  };
}
