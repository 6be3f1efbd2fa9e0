import Type, { type Static } from "typebox";

/** Ends the session; nothing answers it but the closing of the socket. Client to server. Carries no `data`. */
export const CloseMessage = Type.Object({ type: Type.Literal("close") }, { additionalProperties: false });
export type CloseMessage = Static<typeof CloseMessage>;
