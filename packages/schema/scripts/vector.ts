import Type, { type Static } from "typebox";

const Socket = Type.Integer({ minimum: 1 });
const Headers = Type.Record(Type.String(), Type.String());
const strict = { additionalProperties: false };

/** One thing that happens in an exchange. Sent are `json`, or as they are `text` or `binary` in hexadecimal. */
export const VectorEvent = Type.Union([
  Type.Object({ event: Type.Literal("connect"), socket: Socket, path: Type.String(), headers: Headers }, strict),
  Type.Object({ event: Type.Literal("send"), socket: Socket, json: Type.Unknown() }, strict),
  Type.Object({ event: Type.Literal("send"), socket: Socket, text: Type.String() }, strict),
  Type.Object({ event: Type.Literal("send"), socket: Socket, binary: Type.String() }, strict),
  Type.Object({ event: Type.Literal("receive"), socket: Socket, json: Type.Unknown() }, strict),
  Type.Object({ event: Type.Literal("leave"), socket: Socket }, strict),
  Type.Object({ event: Type.Literal("closed"), socket: Socket, code: Type.Integer() }, strict),
  Type.Object(
    {
      event: Type.Literal("request"),
      method: Type.String(),
      path: Type.String(),
      headers: Headers,
      body: Type.Union([Type.String(), Type.Null()]),
    },
    strict,
  ),
  Type.Object(
    { event: Type.Literal("answer"), status: Type.Integer(), headers: Headers, json: Type.Unknown() },
    strict,
  ),
  Type.Object({ event: Type.Literal("shutdown") }, strict),
]);
export type VectorEvent = Static<typeof VectorEvent>;

/** How the server of an exchange is started. */
export const VectorServer = Type.Object(
  {
    max_sessions: Type.Optional(Type.Integer({ minimum: 1 })),
    mode: Type.Optional(Type.Enum(["simulation", "production"])),
    reset: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  },
  strict,
);
export type VectorServer = Static<typeof VectorServer>;

/** An exchange as data: a file of spec/vectors/. */
export const Vector = Type.Object(
  {
    title: Type.String(),
    requirements: Type.Array(Type.String()),
    server: VectorServer,
    events: Type.Array(VectorEvent, { minItems: 2 }),
  },
  strict,
);
export type Vector = Static<typeof Vector>;
