import { TransportError } from "@openenv/schema";
import type { HttpAnswer, OpenHttp } from "./http.ts";

/** Over `fetch`. */
export const openHttp: OpenHttp = ({ httpUrl, socketPath }, { bearer }) => ({
  exchange(path, body) {
    const controller = new AbortController();
    const ask = async (): Promise<HttpAnswer> => {
      if (socketPath !== undefined) throw new TransportError("connect", "a browser cannot connect to a Unix socket");
      const response = await fetch(httpUrl + path, {
        signal: controller.signal,
        headers: {
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { method: "POST", body }),
      });
      return { status: response.status, text: await response.text() };
    };
    return { answer: ask(), abort: () => controller.abort() };
  },
  close: () => Promise.resolve(),
});
