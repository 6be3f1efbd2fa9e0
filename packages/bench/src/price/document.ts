import { mkdirSync, writeFileSync } from "node:fs";
import { figure } from "../report.ts";
import { floorName, pythonName } from "./carriers.ts";
import { chart } from "./chart.ts";
import type { Price, PriceReport } from "./price.ts";

const folder = new URL("../../../../docs/", import.meta.url);

/** Writes docs/performance.md and its chart: no figure in them is typed by hand. */
export function writeDocument(report: PriceReport): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL("performance.svg", folder), chart(report.prices));
  writeFileSync(new URL("performance.md", folder), documentOf(report));
}

/** The document as Markdown. */
export function documentOf(report: PriceReport): string {
  const counts = [...new Set(report.prices.map(({ sessions }) => sessions))];
  return `# The price of the socket

What does it cost to put an environment behind a protocol? One game and one client, and every way from one to the other, measured in
one run: windows of all ways in turn, and each figure the median over the windows. \`pnpm bench --all\` measures it again and writes
this file; nothing in it is typed by hand. The game does next to nothing, so what is measured is what surrounds it. An action is about
200 bytes, an observation too.

![Microseconds per step by the way it goes](performance.svg)

${counts.map((sessions) => section(sessions, report)).join("\n\n")}

## Servers

| Server | RSS per session, KiB | Start to first answer, ms |
| --- | --- | --- |
${report.servers.map(({ carrier, kiBPerSession, startMs }) => `| ${carrier} | ${figure(kiBPerSession)} | ${figure(startMs)} |`).join("\n")}

RSS per session is what opening a thousand sessions added, divided by their number, without a collection of garbage before or after.

## A million steps

${million(report)}

## Targets

${report.targets.map(({ what, reached, met }) => `- ${what}: ${figure(reached)}, ${met ? "met" : "**missed**"}`).join("\n")}

## How it was measured

Node ${report.node}; ${report.core === null ? "processes not pinned to a core" : `servers, containers and client pinned to one core, core ${report.core}, so that the figures tell work and not luck of scheduling`}. The client is ours for every way but HTTP,
where \`undici\` posts to \`/step\` in a session.${report.missing.length === 0 ? "" : ` Not measured: ${report.missing.map(({ carrier, reason }) => `${carrier} (${reason})`).join("; ")}.`}
`;
}

function section(sessions: number, { prices }: PriceReport): string {
  const rows = prices.filter((price) => price.sessions === sessions);
  return `## ${sessions === 1 ? "One session" : `${sessions} sessions at once`}

| Way | p50, µs | p99, µs | Steps per second | of WebSocket on loopback | Server CPU per step, µs |
| --- | --- | --- | --- | --- | --- |
${rows.map(row).join("\n")}`;
}

function row({ carrier, p50Us, p99Us, stepsPerSecond, ofLoopback, serverCpuUs }: Price): string {
  const cells = [
    carrier,
    figure(p50Us),
    figure(p99Us),
    Math.round(stepsPerSecond).toLocaleString("en"),
    figure(ofLoopback),
    serverCpuUs === null ? "" : figure(serverCpuUs),
  ];
  return `| ${cells.join(" | ")} |`;
}

function million({ prices }: PriceReport): string {
  const many = Math.max(...prices.map(({ sessions }) => sessions));
  const tell = (name: string): string[] => {
    const price = prices.find(({ carrier, sessions }) => carrier === name && sessions === many);
    if (price === undefined) return [];
    const seconds = 1e6 / price.stepsPerSecond;
    const cpu = price.serverCpuUs === null ? "" : `, ${figure(price.serverCpuUs)} of them CPU of the server`;
    return [`- ${name}: ${figure(seconds)} seconds${cpu}`];
  };
  const lines = ["in process", floorName, "container, bridge address", pythonName].flatMap(tell);
  return `With ${many} sessions on one core, a million steps of an environment that takes no time itself take:

${lines.join("\n")}

An environment or a model that thinks for 10 ms a step takes 10,000 seconds for the same million steps, on one core.`;
}
