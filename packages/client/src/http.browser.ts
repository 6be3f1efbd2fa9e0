import { messageOf, TransportError } from "@openenv/schema";
import type { OpenHttp } from "./http.ts";
import { readAnswer } from "./http-answer.ts";

export const openHttp: OpenHttp = (target, options) => ({
  async ask(path, question) {
    const signals = [
      options.signal,
      Number.isFinite(options.replyTimeoutMs) ? AbortSignal.timeout(options.replyTimeoutMs) : undefined,
    ];
    const signal = AbortSignal.any(signals.filter((each) => each !== undefined));
    let response: Response;
    let text: string;
    try {
      response = await fetch(target.httpUrl + path, {
        signal,
        headers: {
          ...(options.bearer !== undefined && { authorization: `Bearer ${options.bearer}` }),
          ...(question !== undefined && { "content-type": "application/json" }),
        },
        ...(question !== undefined && { method: "POST", body: JSON.stringify(question) }),
      });
      text = await response.text();
    } catch (cause) {
      const reason = options.signal?.aborted === true ? "aborted" : signal.aborted ? "timeout" : "connect";
      throw new TransportError(reason, `cannot reach ${target.httpUrl}${path}: ${messageOf(cause)}`, { cause });
    }
    return readAnswer(path, response.status, text);
  },
  close: () => Promise.resolve(),
});
