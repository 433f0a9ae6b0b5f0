/** A registry on loopback that serves what a `Knowledge` holds, as OCI distribution 1.1 with the referrers API. */
import type { ServerResponse } from "node:http";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { type LoopbackServer } from "./loopback-server.ts";
export interface RegistryBehaviour {
  /** May answer first; returns whether it did. */
  readonly before?: (path: string, response: ServerResponse) => boolean;
}
/** `repositoryOf` gives the repository of the knowledge for a path of the server. */
export declare const serveKnowledge: (
  knowledge: Knowledge,
  repositoryOf: (path: string) => string,
  { before }?: RegistryBehaviour,
) => Promise<LoopbackServer>;
