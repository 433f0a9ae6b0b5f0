/** A server on loopback for one test, with a list of what was asked. */
import { type RequestListener } from "node:http";
import { type ServerOptions } from "node:https";
export interface LoopbackServer {
  /** `http://127.0.0.1:PORT`, or https. */
  readonly url: string;
  /** `METHOD PATH`, in order, since the last look. */
  asked(): readonly string[];
  close(): Promise<void>;
}
export declare function serveLoopback(handle: RequestListener, tls?: ServerOptions): Promise<LoopbackServer>;
