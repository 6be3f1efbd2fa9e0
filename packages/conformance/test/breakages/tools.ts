import { isObject } from "../../src/json.ts";
import type { Proofs } from "../peers/catches.ts";
import { hidden, instead, onType, refusedStep } from "./rewrites.ts";

export const toolProofs: Proofs = {
  "tool.reserved-names": { broken: { toClient: (text) => text.replace('"name":"wait"', '"name":"step"') } },
  "tool.names": {
    broken: {
      toServer: onType("step", (data) =>
        typeof data.tool_name === "string" ? { ...data, tool_name: data.tool_name.toLowerCase() } : data,
      ),
    },
  },
  "tool.input-schema": { broken: { toClient: (text) => text.replace('"type":"object"', '"type":"dict"') } },
  "tool.stable": {
    broken: {
      connection: () => {
        let lists = 0;
        return {
          toClient: (text) => {
            lists += text.includes('"name":"wait"') ? 1 : 0;
            return lists > 4 ? text.replace('"name":"wait"', '"name":"hold"') : text;
          },
        };
      },
    },
  },
  "tool.reserved-types": {
    broken: { toServer: instead("step", ({ type }) => type === "list_tools", refusedStep) },
  },
  "tool.only-published": {
    peer: "toolbox",
    broken: {
      answer: ({ body }, { path }) =>
        path === "/schema" ? { body: body.replace('"const":"call_tool"', '"enum":["call_tool"]') } : {},
    },
  },
  "tool.only-default": {
    peer: "toolbox",
    broken: { toServer: instead("step", (data) => !("type" in data), refusedStep) },
  },
  "tool.list": { broken: { toClient: (text) => text.replace('"description":"Throws.",', "") } },
  "tool.list-pure": {
    broken: hidden(
      () =>
        ({ type, data }) =>
          type === "step" && isObject(data) && data.type === "list_tools" ? { type: "reset" } : undefined,
    ),
  },
};
