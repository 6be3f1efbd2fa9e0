// What the bench and its processes say to one another. The bench asks, a process answers, one question at a time.

import { compileValidator } from "@openenv/schema";
import Type, { type Static } from "typebox";

/** What a server process serves: the subject, or one of the floors. */
export const ServerRole = Type.Object({
  serves: Type.Enum(["openenv", "json-echo", "raw-echo", "http-json"]),
  observationBytes: Type.Integer(),
});
export type ServerRole = Static<typeof ServerRole>;

export const ServerRequest = Type.Union([
  Type.Object({ ask: Type.Literal("start"), role: ServerRole }),
  Type.Object({ ask: Type.Literal("usage") }),
  Type.Object({ ask: Type.Literal("collect-garbage") }),
]);
export type ServerRequest = Static<typeof ServerRequest>;

/** What a server process has used so far. */
export const Usage = Type.Object({ cpuUs: Type.Number(), rssBytes: Type.Number() });
export type Usage = Static<typeof Usage>;

/** What a load process keeps busy, one message in flight per session or lane. */
export const Load = Type.Union([
  Type.Object({ drives: Type.Literal("sockets"), sessions: Type.Integer() }),
  Type.Object({ drives: Type.Literal("clients"), sessions: Type.Integer() }),
  Type.Object({ drives: Type.Literal("in-process"), sessions: Type.Integer(), observationBytes: Type.Integer() }),
  Type.Object({ drives: Type.Literal("http-step"), sessions: Type.Integer(), keepsSession: Type.Boolean() }),
  Type.Object({ drives: Type.Literal("health"), by: Type.Enum(["client", "undici"]), lanes: Type.Integer() }),
]);
export type Load = Static<typeof Load>;

export const LoadRequest = Type.Union([
  Type.Object({ ask: Type.Literal("open"), side: Type.String(), url: Type.String(), load: Load }),
  Type.Object({ ask: Type.Literal("measure"), side: Type.String(), durationMs: Type.Number() }),
  Type.Object({ ask: Type.Literal("close"), side: Type.String() }),
]);
export type LoadRequest = Static<typeof LoadRequest>;

/** One window of one load. */
export const Measurement = Type.Object({
  steps: Type.Integer(),
  wallMs: Type.Number(),
  loadCpuUs: Type.Number(),
  p50Us: Type.Number(),
  p99Us: Type.Number(),
});
export type Measurement = Static<typeof Measurement>;

/** A process's answer to any question: a value, or why there is none. */
export const Answer = Type.Object({ value: Type.Optional(Type.Unknown()), error: Type.Optional(Type.String()) });
export type Answer = Static<typeof Answer>;

export const validators = {
  serverRequest: compileValidator<ServerRequest>(ServerRequest),
  loadRequest: compileValidator<LoadRequest>(LoadRequest),
  answer: compileValidator<Answer>(Answer),
  url: compileValidator<string>(Type.String()),
  usage: compileValidator<Usage>(Usage),
  measurement: compileValidator<Measurement>(Measurement),
  nothing: compileValidator<null>(Type.Null()),
};
