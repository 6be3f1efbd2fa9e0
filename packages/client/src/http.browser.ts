import { TransportError } from "@openenv/schema";
import type { OpenHttp } from "./http.ts";

/** Over `fetch`. */
export const openHttp: OpenHttp = ({ httpUrl, socketPath }, { bearer }) => ({
  async exchange(path, body, signal) {
    if (socketPath !== undefined) throw new TransportError("connect", "a browser cannot connect to a Unix socket");
    const response = await fetch(httpUrl + path, {
      signal,
      headers: {
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { method: "POST", body }),
    });
    return { status: response.status, text: await response.text() };
  },
  close: () => Promise.resolve(),
});
