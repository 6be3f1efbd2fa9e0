import { routes, sessionHeader } from "@openenv/schema";
import { Pool } from "undici";
import { exchangeLoad, type OpenLoad } from "./closed-loop.ts";
import { action } from "./game.ts";

const json = { "content-type": "application/json" };
const body = JSON.stringify({ action });

/** `POST /step` over one pool, one connection per lane; each lane in a session of its own, or each step in none. */
export async function openHttpSteps(url: string, lanes: number, keepsSession: boolean): Promise<OpenLoad> {
  const pool = new Pool(url, { connections: lanes });

  async function openLane(): Promise<() => Promise<void>> {
    const headers = keepsSession ? { ...json, [sessionHeader]: await openSession(pool) } : json;
    return () => step(pool, headers);
  }

  return exchangeLoad(await Promise.all(Array.from({ length: lanes }, openLane)), () => pool.close());
}

async function step(pool: Pool, headers: Record<string, string>): Promise<void> {
  const answer = await pool.request({ method: "POST", path: routes.step, headers, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${routes.step} answered ${answer.statusCode}: ${text.slice(0, 200)}`);
}

async function openSession(pool: Pool): Promise<string> {
  const answer = await pool.request({
    method: "POST",
    path: routes.reset,
    headers: { ...json, [sessionHeader]: "new" },
    body: "{}",
  });
  await answer.body.dump();
  const id = answer.headers[sessionHeader];
  if (typeof id !== "string") throw new Error(`${routes.reset} answered ${answer.statusCode} without a session`);
  return id;
}
