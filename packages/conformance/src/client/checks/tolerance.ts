import { expectThat } from "../../expect.ts";
import { isObject, type JsonObject, show } from "../../json.ts";
import { expectEqual, notApplicable } from "../../verdict.ts";
import { opcode } from "../../wire/frames.ts";
import { askState, inspect, requirement, reset, step, tell } from "../client.ts";
import { createRightAnswers, errorMessage, observation, outcome } from "../right-answers.ts";
import type { ClientSocket } from "../scripted-socket.ts";
import { attempt } from "./exercise.ts";

const unknown = { future: { deep: [1, "two", null] }, x_vendor: "1.0", id: 7 };

/** Sends a message in frames of a few bytes, cut also within characters, with pings and an empty frame between them. */
function sendFragments(socket: ClientSocket, message: JsonObject): void {
  const bytes = Buffer.from(JSON.stringify(message), "utf8");
  const size = Math.max(1, Math.ceil(bytes.length / 7));
  for (let start = 0; start < bytes.length; start += size) {
    const fin = start + size >= bytes.length;
    const payload = bytes.subarray(start, start + size);
    socket.sendFrame({ fin, opcode: start === 0 ? opcode.text : opcode.continuation, payload });
    if (fin) return;
    socket.sendFrame({ opcode: opcode.ping, payload: "between" });
    socket.sendFrame({ fin: false, opcode: opcode.continuation, payload: "" });
  }
}

/** What a client must be able to read. */
export const toleranceChecks = [
  requirement("ws.fragments", async (client) => {
    const text = "ä€😀 in several frames";
    const server = await client.serve({
      onMessage: ({ type }, socket) => {
        if (type !== "reset" && type !== "step") return undefined;
        sendFragments(socket, observation(outcome({ text })));
        return "silence";
      },
    });
    await client.connect(server);
    for (const command of [reset(), step(), step()]) {
      const { observation } = await client.do(command);
      expectEqual("the observation that came in several frames", isObject(observation) ? observation.text : null, text);
    }
  }),
  requirement("ws.envelope-tolerance", async (client) => {
    const answers = createRightAnswers(client.mark);
    const server = await client.serve({
      onMessage: (message) => {
        const reply = answers.message(message);
        return reply === undefined ? undefined : { ...unknown, ...reply };
      },
    });
    await client.connect(server);
    for (const command of [reset(), step(), askState]) {
      const result = await attempt(client, command);
      if (result?.ok === false)
        expectThat(false, `a reply to ${command.command} with unknown keys: ${tell(result.error)}`);
    }
  }),
  requirement("ws.data-tolerance", async (client) => {
    const answers = createRightAnswers(client.mark);
    let failing = false;
    const server = await client.serve({
      onMessage: (message) => {
        if (failing && message.type === "step") return errorMessage("EXECUTION_ERROR", unknown);
        const reply = answers.message(message);
        if (!isObject(reply?.data) || reply.type === "mcp") return reply;
        return { ...reply, data: { ...unknown, ...reply.data } };
      },
    });
    await client.connect(server);
    for (const command of [reset(), step(), askState]) {
      const result = await attempt(client, command);
      if (result?.ok === false)
        expectThat(false, `a reply to ${command.command} with unknown keys in its data: ${tell(result.error)}`);
    }
    failing = true;
    const error = await client.fail(step());
    expectThat(error.kind === "protocol", `an error with unknown keys was told as ${tell(error)}`);
    await client.do(reset());
  }),
  requirement("ws.size-client", async (client) => {
    const limit = 100 * 2 ** 20;
    const empty = JSON.stringify(observation(outcome({ text: "" }))).length;
    const server = await client.serve({
      onMessage: ({ type }) =>
        type === "step" ? observation(outcome({ text: "x".repeat(limit - empty) })) : undefined,
    });
    await client.connect(server);
    await client.do(reset());
    const { observation: seen } = await client.do(step(), 5);
    const { text } = isObject(seen) ? seen : {};
    expectEqual("the characters that arrived", typeof text === "string" ? text.length : null, limit - empty);
  }),
  requirement("ws.pong", async (client) => {
    let answer = (): void => undefined;
    const server = await client.serve({
      onMessage: ({ type }, socket) => {
        if (type !== "step") return undefined;
        socket.sendFrame({ opcode: opcode.ping, payload: "are you there" });
        answer = () => socket.send(observation(outcome({})));
        return "silence";
      },
    });
    await client.connect(server);
    await client.do(reset());
    const stepped = client.give(step(), 2);
    const answered = (): boolean =>
      server.sockets.some(({ arrivals }) =>
        arrivals.some((each) => each.kind === "pong" && String(each.payload) === "are you there"),
      );
    await Promise.race([
      server.until(answered, "the pong to a ping while a reply is waited for"),
      // A result before the reply is a failure of another kind, and is told as that.
      stepped.then((result) => expectThat(answered(), `the step ended before its reply: ${show({ ...result })}`)),
    ]);
    answer();
    const result = await stepped;
    if (!result.ok) expectThat(false, `the step failed after a ping: ${tell(result.error)}`);
  }),
  requirement("error.code-unknown", async (client) => {
    let code = "";
    const server = await client.serve({
      onMessage: ({ type, data }) => {
        const failing = type === "step" && isObject(data) && data.fail === true;
        return failing ? errorMessage(code) : undefined;
      },
    });
    await client.connect(server);
    await client.do(reset());
    const told = async (each: string): Promise<string> => {
      code = each;
      const { kind } = await client.fail(step({ fail: true }));
      await client.do(step());
      return `${kind}, on ${server.sockets.length} connection(s)`;
    };
    const known = await told("EXECUTION_ERROR");
    for (const each of ["QUOTA_EXCEEDED", "http.418", "", "execution_error"])
      expectEqual(`how an error with the code ${JSON.stringify(each)} is told`, await told(each), known);
  }),
  requirement("error.findings-foreign", async (client) => {
    const foreign = [
      {
        type: "missing",
        loc: ["data", "x"],
        msg: "Field required",
        input: { y: 1 },
        url: "https://errors.example/missing",
      },
      { type: "int_type", loc: ["data", 0], msg: "not an integer", input: null, ctx: { error: {}, limit: 3 } },
      { type: "value_error", loc: [], msg: "" },
    ];
    let failing = false;
    const server = await client.serve({
      onMessage: ({ type }) =>
        failing && type === "step" ? errorMessage("VALIDATION_ERROR", { errors: foreign }) : undefined,
    });
    await client.connect(server);
    await client.do(reset());
    failing = true;
    const error = await client.fail(step());
    expectThat(error.kind === "protocol", `a VALIDATION_ERROR with foreign findings was told as ${tell(error)}`);
    failing = false;
    await client.do(step());
  }),
  requirement("http.metadata-tolerance", async (client) => {
    const { route } = createRightAnswers(client.mark);
    const server = await client.serve({
      onRequest: ({ method, route: path }) =>
        method === "GET" && path === "/metadata"
          ? { status: 200, json: { ...route("/metadata"), ...unknown } }
          : undefined,
    });
    await client.do(inspect(server));
    if (!server.requests.some(({ route }) => route === "/metadata"))
      notApplicable("the client does not ask for the metadata");
  }),
];
