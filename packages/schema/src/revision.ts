/** The protocol revision these schemas describe. It moves by itself; package versions do not follow it. */
export const protocolRevision = "2026-11";

/** `info.version` of every OpenEnv OpenAPI document: upstream's validators read it as the profile `openenv-http/1.x`. */
export const openApiVersion = "1.0.0";
