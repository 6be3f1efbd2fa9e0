// Puts into the package what its checks read of the specification: the schemas. Run by the build.

import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const from = (path: string): string => fileURLToPath(new URL(`../../../spec/${path}`, import.meta.url));
const to = (path: string): string => fileURLToPath(new URL(`../spec/${path}`, import.meta.url));

rmSync(to(""), { recursive: true, force: true });
for (const path of ["schema", "requirements.json"]) cpSync(from(path), to(path), { recursive: true });
