import { request } from "node:http";

/** What the engine answers: a status, and JSON where there is some. */
export interface Answer {
  status: number;
  body: unknown;
}

/** Asks the Docker engine itself: neither its command nor a library is needed for that. @throws if none answers. */
export function askEngine(path: string, method = "GET"): Promise<Answer> {
  const { protocol, pathname, hostname, port } = new URL(process.env.DOCKER_HOST || "unix:///var/run/docker.sock");
  const where = protocol === "unix:" ? { socketPath: pathname } : { hostname, port };
  return new Promise((resolve, reject) => {
    const asked = request({ ...where, path, method }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = answer.headers["content-type"]?.startsWith("application/json") === true;
        resolve({ status: answer.statusCode ?? 0, body: isJson ? JSON.parse(text) : text });
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** Whether an engine answers, within five seconds. */
export async function engineAnswers(): Promise<boolean> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, 5_000, undefined).unref());
  try {
    return (await Promise.race([askEngine("/_ping"), late]))?.status === 200;
  } catch {
    return false;
  }
}

/** The label of all that a test run makes in the engine; its value is the run's. Containers have it from their image. */
export const testLabel = "org.openenv.test";

const kinds = [
  { list: "/containers/json?all=1&", each: "/containers", how: "?force=1&v=1" },
  { list: "/images/json?all=1&", each: "/images", how: "?force=1" },
];

/** Removes the containers and images of a test run, as far as it can now. Resolves with how many there were. */
export async function sweep(run: string): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${testLabel}=${run}`] }));
  let found = 0;
  for (const { list, each, how } of kinds) {
    const { body } = await askEngine(`${list}filters=${filters}`);
    const ids = Array.isArray(body) ? body.map((one: unknown) => String(Reflect.get(Object(one), "Id"))) : [];
    found += ids.length;
    // One that is in use, or is being removed, is for the next sweep.
    for (const id of ids) await askEngine(`${each}/${id}${how}`, "DELETE");
  }
  return found;
}
