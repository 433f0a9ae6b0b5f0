/** A registry on loopback for one test: what it answers is the test's, what is asked of it is kept. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { digestOf } from "../../core/crypto/digest.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { type Limits, limitsWith } from "../../core/limits.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import type { Credential, CredentialSource } from "../../proxy/upstream/registry/credentials/credential.ts";
import type { HostSettings } from "../../proxy/upstream/registry/hosts.ts";
import { openRegistry, type Registry } from "../../proxy/upstream/registry/open-registry.ts";
import type { RegistryParts } from "../../proxy/upstream/registry/registry-part.ts";
import { serveLoopback } from "./loopback-server.ts";

/** A status, a text, JSON, or all of them. */
export type Reply =
  | number
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | object }
  | ((request: IncomingMessage, response: ServerResponse) => void);

export interface RegistryServer {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** `METHOD PATH`, in order, since the last look. */
  asked(): readonly string[];
  /** The `Authorization` of each request, since the last look. */
  authorizations(): readonly string[];
  close(): Promise<void>;
}

export function reply(response: ServerResponse, request: IncomingMessage, answer: Reply): void {
  if (typeof answer === "function") {
    answer(request, response);
    return;
  }
  const { status = 200, headers = {}, body = "" } = typeof answer === "number" ? { status: answer } : answer;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  response.writeHead(status, {
    ...(typeof body === "string" ? {} : { "content-type": "application/json" }),
    "content-length": String(Buffer.byteLength(text)),
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : text);
}

/** By which it is found out whether TLS is spoken. Credentials never come with it. */
const isPing = ({ url, headers }: IncomingMessage): boolean => url === "/v2/" && headers.authorization === undefined;

/** The answer for the path as it is asked, with its query; 404 with an error document for all others. */
export async function serveRegistry(
  answers: (path: string, request: IncomingMessage) => Reply | undefined,
  tls?: Parameters<typeof serveLoopback>[1],
): Promise<RegistryServer> {
  const authorizations: string[] = [];
  const server = await serveLoopback((request, response) => {
    if (isPing(request)) return void response.end("{}");
    authorizations.push(request.headers.authorization ?? "");
    reply(response, request, answers(request.url ?? "", request) ?? notFound());
  }, tls);
  return {
    host: new URL(server.url).host,
    asked: () => server.asked().filter((line) => line !== "GET /v2/"),
    authorizations: () => authorizations.splice(0),
    close: server.close,
  };
}

export const notFound = (code = "MANIFEST_UNKNOWN"): Reply => ({
  status: 404,
  body: { errors: [{ code, message: "it is unknown", detail: {} }] },
});

/** A small image manifest: its text and digest. */
export const someManifest = (annotation = "x"): { readonly text: string; readonly digest: Digest } => {
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: digestOf(encodeUtf8("{}")), size: 2 },
    layers: [],
    annotations: { annotation },
  });
  return { text, digest: digestOf(encodeUtf8(text)) };
};

export const manifestReply = (text: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  headers: {
    "content-type": mediaTypes.manifest,
    "docker-content-digest": digestOf(encodeUtf8(text)),
    ...headers,
  },
  body: text,
});

export const indexReply = (manifests: readonly object[], headers: Readonly<Record<string, string>> = {}): Reply => ({
  headers: { "content-type": mediaTypes.index, ...headers },
  body: JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
});

/** An entry of a list of referrers. */
export const referrer = (
  name: string,
): { readonly mediaType: string; readonly digest: Digest; readonly size: number } => ({
  mediaType: mediaTypes.manifest,
  digest: digestOf(encodeUtf8(name)),
  size: 100,
});

export interface AskingOptions {
  readonly hosts?: HostSettings;
  readonly credential?: Credential | CredentialSource;
  readonly limits?: Partial<Limits>;
  readonly now?: () => Date;
  readonly tries?: number;
  readonly log?: (line: string) => void;
  readonly authorities?: readonly string[];
  readonly isOneRun?: boolean;
}

export const fixedNow = (): Date => new Date("2026-11-30T12:00:00.000Z");

/** The parts that ask registries, without waiting between tries. */
export function askRegistries(options: AskingOptions = {}): Registry {
  const { hosts = {}, credential, limits, now = fixedNow, tries = 2, log, authorities, isOneRun } = options;
  return openRegistry({
    hosts,
    credentials:
      credential !== undefined && "find" in credential ? credential : { find: () => Promise.resolve(credential) },
    connections: { env: {}, ...(authorities === undefined ? {} : { authorities: () => authorities }) },
    fetching: { tries, sleep: () => Promise.resolve(), log },
    limits: limitsWith(limits),
    now,
    isOneRun,
  });
}

export const never: AbortSignal = new AbortController().signal;

/** Runs `act` with a registry and the parts that ask it, and ends both. */
export async function withRegistry(
  answers: (path: string, request: IncomingMessage) => Reply | undefined,
  act: (server: RegistryServer, parts: RegistryParts) => Promise<void>,
  options: AskingOptions = {},
): Promise<void> {
  const server = await serveRegistry(answers);
  const asking = askRegistries(options);
  try {
    await act(server, asking.parts);
  } finally {
    await asking.close();
    await server.close();
  }
}
