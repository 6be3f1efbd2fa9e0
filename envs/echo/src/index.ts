import { defineEnvironment, tool } from "@openenv/server";
import Type from "typebox";

const Message = Type.Object({ message: Type.String({ description: "What to echo" }) });

/** Echoes what it is sent: the drop-in for the Python `echo_env`, with the same tools, arguments and results. */
export default defineEnvironment({
  name: "echo_env",
  description: "Echoes messages back, through two MCP tools.",
  version: "0.1.0",
  tools: {
    echo_message: tool({
      description: "Echo back the provided message.",
      input: Message,
      run: ({ message }) => message,
    }),
    echo_with_length: tool({
      description: "Echo back the message with its length.",
      input: Message,
      output: Type.Object({ message: Type.String(), length: Type.Integer() }),
      run: ({ message }) => ({ message, length: [...message].length }), // code points, as Python counts
    }),
  },
  create: () => ({
    reset: () => ({ observation: {}, metadata: { status: "ready", message: "Echo environment ready!" } }),
  }),
});
