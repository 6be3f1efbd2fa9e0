import { inspect } from "@openenv/client";
import { messageOf } from "@openenv/schema";
import { requireAddress } from "./address.ts";
import { plain, style } from "./terminal.ts";

/** Prints what a server tells of itself; takes no session of it. */
export async function inspectCommand(address: string, flags: { json?: boolean; bearer?: string }): Promise<number> {
  requireAddress(address);
  const inspector = inspect(address, flags.bearer === undefined ? {} : { bearer: flags.bearer });
  try {
    const health = await inspector.health();
    const [metadata, schema, tools] = await Promise.all([
      inspector.metadata(),
      inspector.schema(),
      inspector.tools().catch((reason: unknown) => messageOf(reason)),
    ]);
    if (flags.json === true) {
      console.log(JSON.stringify({ health, metadata, schema, tools }, null, 2));
      return 0;
    }
    const { active_sessions: active, max_sessions: max } = health;
    console.log(`${style("bold", plain(metadata.name))}: ${plain(metadata.description)}`);
    console.log(`health    ${plain(health.status)}`);
    console.log(`capacity  ${active === undefined ? "not told" : `${active} of ${max} sessions in use`}`);
    for (const [key, value] of Object.entries(metadata)) {
      if (["name", "description", "readme_content"].includes(key) || value === null) continue;
      console.log(plain(`${key.padEnd(9)} ${typeof value === "string" ? value : JSON.stringify(value)}`));
    }
    for (const [name, value] of Object.entries(schema)) {
      console.log(`\n${style("bold", plain(`${name} schema`))}\n${JSON.stringify(value, null, 2)}`);
    }
    console.log(`\n${style("bold", "tools")}`);
    if (typeof tools === "string") console.log(`not told: ${plain(tools)}`);
    else if (tools.length === 0) console.log("none");
    else for (const tool of tools) console.log(plain(`${tool.name}: ${tool.description}`));
    return 0;
  } finally {
    await inspector.close();
  }
}
