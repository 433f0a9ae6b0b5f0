/**
 * A cluster as a source of answers: what policies ask it, keys in its Secrets, pull secrets, and the resources that
 * policies match. Only GET; nobody is impersonated. Source: docs/spec/kyverno.md#context-entries, #keys.
 */
import { encodePem } from "../../../core/encoding/pem.ts";
import { decodeWrappedBase64, encodeBase64 } from "../../../core/encoding/base64.ts";
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { isObject } from "../../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import { parsePublicKeysPem } from "../../../core/crypto/public-key.ts";
import { questionSubject } from "../../../core/knowledge/question-words.ts";
import type { ClusterQuestion } from "../../../core/knowledge/question.ts";
import type { Limits } from "../../../core/limits.ts";
import type { Part } from "../route.ts";
import { questionPath, resourcePath } from "./api-path.ts";
import { ApiServer, type ApiServerOptions } from "./api-server.ts";
import { type ApiResource, discover } from "./discovery.ts";
import { runProgram } from "../run-program.ts";
import { Informer, type InformerOptions } from "./informer.ts";
import { listPages } from "./list-pages.ts";
import { type ObjectAddress, type ObjectWriter, objectWriter } from "./write-objects.ts";

export type ClusterOptions = Omit<ApiServerOptions, "run"> & Partial<Pick<ApiServerOptions, "run">>;

export interface ResourceSelection {
  /** Which resources are listed; each once, in the version that the server prefers among those that are wanted. */
  readonly wants: (resource: ApiResource) => boolean;
  /** Those of this namespace alone, and none that live in no namespace. */
  readonly namespace?: string | undefined;
  /** Told of each `group/version` of which the cluster cannot say now what it has. */
  readonly unavailable?: (groupVersion: string) => void;
}

export interface ResourcePage {
  readonly resource: ApiResource;
  readonly items: readonly JsonObject[];
}

export interface Cluster {
  readonly cluster: Part<"cluster">;
  /** Of references `k8s://namespace/name`; others stay open. */
  readonly key: Part<"key">;
  /** Of the context. @throws EngineError `invalid-config` */
  readonly namespace: () => string;
  /** Its address. @throws EngineError `invalid-config` */
  readonly server: () => string;
  /** `undefined`: there is no such Secret. */
  readonly readSecret: (namespace: string, name: string, signal: AbortSignal) => Promise<JsonValue | undefined>;
  /** Names of the Secrets that a service account pulls images with; none where there is no such account. */
  readonly pullSecretsOf: (namespace: string, account: string, signal: AbortSignal) => Promise<readonly string[]>;
  readonly write: ObjectWriter;
  /** The kinds that it has, with the names of their resources. */
  readonly kinds: (signal: AbortSignal) => Promise<readonly ApiResource[]>;
  /** It begins when it is told to run. */
  readonly inform: (options: Omit<InformerOptions, "limits" | "now">) => Informer;
  /** The object itself, whatever it is; `undefined` where it is not there. */
  readonly read: (at: ObjectAddress, signal: AbortSignal) => Promise<JsonObject | undefined>;
  /** Those of this name in all namespaces. */
  readonly named: (
    at: Required<Omit<ObjectAddress, "namespace">>,
    signal: AbortSignal,
  ) => Promise<readonly JsonObject[]>;
  /** Those of one kind in all namespaces, page by page; none where the server has no such kind. */
  readonly pages: (
    at: Pick<ObjectAddress, "apiVersion" | "resource">,
    signal: AbortSignal,
  ) => AsyncGenerator<readonly JsonObject[]>;
  readonly resources: (selection: ResourceSelection, signal: AbortSignal) => AsyncGenerator<ResourcePage>;
  readonly close: () => Promise<void>;
}

/** Nothing is read or dialled before the first question. */
export function openCluster(options: ClusterOptions): Cluster {
  const { limits, now } = options;
  const server = new ApiServer({ run: runProgram, ...options });
  const get = (
    namespace: string,
    resource: string,
    name: string,
    signal: AbortSignal,
  ): Promise<JsonValue | undefined> =>
    getObject(server, { apiVersion: "v1", resource, namespace, name }, limits, signal);
  return {
    cluster: {
      from: () => server.name,
      async ask(question, signal) {
        const value =
          question.verb === "list"
            ? await readList(server, question, limits, signal)
            : await getObject(server, question, limits, signal);
        const at = now().toISOString();
        const from = server.name;
        return value === undefined ? { state: "absent", at, from } : { state: "present", value, at, from };
      },
    },
    key: {
      from: () => server.name,
      async ask({ reference }, signal) {
        if (!reference.startsWith("k8s://")) return undefined;
        const [, namespace, name] = /^k8s:\/\/([^/]+)\/([^/]+)$/.exec(reference) ?? [];
        if (namespace === undefined || name === undefined)
          throw new EngineError("malformed", "a reference of this scheme is written as k8s://NAMESPACE/NAME", {
            subject: reference,
          });
        const secret = await get(namespace, "secrets", name, signal);
        const at = now().toISOString();
        const from = server.name;
        return secret === undefined
          ? { state: "absent", at, from }
          : { state: "present", value: publicKeyIn(secret, reference, limits), at, from };
      },
    },
    namespace: () => server.access.namespace,
    server: () => server.access.server,
    readSecret: (namespace, name, signal) => get(namespace, "secrets", name, signal),
    async pullSecretsOf(namespace, account, signal) {
      const found = await get(namespace, "serviceaccounts", account, signal);
      const names = isObject(found) && Array.isArray(found.imagePullSecrets) ? found.imagePullSecrets : [];
      return (names as readonly JsonValue[]).flatMap((entry) =>
        isObject(entry) && typeof entry.name === "string" ? [entry.name] : [],
      );
    },
    write: objectWriter(server, limits),
    kinds: async (signal) => (await discover(server, limits, signal)).resources,
    inform: (informing) => new Informer(server, { ...informing, limits, now }),
    async read({ apiVersion, resource, namespace, name }, signal) {
      const place = namespace === undefined ? {} : { namespace };
      const found = await getObject(server, { apiVersion, resource, ...place, name }, limits, signal);
      if (found === undefined || isObject(found)) return found;
      throw new EngineError("upstream-error", "its answer is not an object", { subject: `${resource} ${name}` });
    },
    async named({ apiVersion, resource, name }, signal) {
      const asked = { kind: "cluster", verb: "list", apiVersion, resource } as const;
      const query = `fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
      const list = await readList(server, asked, limits, signal, query);
      return isObject(list) && Array.isArray(list.items) ? (list.items as readonly JsonObject[]) : [];
    },
    pages: (at, signal) => readPages(server, at, limits, signal),
    resources: (selection, signal) => readResources(server, selection, limits, signal),
    close: () => server.close(),
  };
}

type Asked = Omit<ClusterQuestion, "kind" | "verb"> & { readonly verb?: ClusterQuestion["verb"] };

/** For people. */
function wordsOf({ verb = "get", apiVersion, resource, namespace, name, path }: Asked): string {
  if (verb === "raw") return `get ${path ?? "/"}`;
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return `${verb} ${resource}${group}${name === undefined ? "" : ` ${name}`}${where}`;
}

async function getObject(
  server: ApiServer,
  asked: Asked,
  limits: Limits,
  signal: AbortSignal,
): Promise<JsonValue | undefined> {
  const question: ClusterQuestion = { kind: "cluster", verb: "get", ...asked };
  const answer = await server.get(
    { path: questionPath(question), doing: wordsOf(question), maxBytes: limits.resourceBytes },
    signal,
  );
  if (answer.state === "found") return answer.json;
  if (answer.state === "absent") return undefined;
  throw new EngineError("upstream-error", "is no longer there", { subject: questionSubject(question) });
}

/** All pages as the one list that they are. */
async function readList(
  server: ApiServer,
  question: ClusterQuestion,
  limits: Limits,
  signal: AbortSignal,
  query?: string,
): Promise<JsonValue | undefined> {
  let list: { kind: string; apiVersion: string; items: JsonObject[] } | undefined;
  const request = { path: questionPath(question), doing: wordsOf(question), limits, query };
  for await (const page of listPages(server, request, signal)) {
    if (page === "absent") return undefined;
    if (page === "begin") list = undefined;
    else if (list === undefined) list = { kind: page.kind, apiVersion: page.apiVersion, items: [...page.items] };
    else list.items.push(...page.items);
  }
  return list;
}

async function* readResources(
  server: ApiServer,
  { wants, namespace, unavailable }: ResourceSelection,
  limits: Limits,
  signal: AbortSignal,
): AsyncGenerator<ResourcePage> {
  const discovered = await discover(server, limits, signal);
  for (const groupVersion of discovered.unavailable) unavailable?.(groupVersion);
  const taken = new Set<string>();
  for (const resource of discovered.resources) {
    const own = `${resource.group}/${resource.plural}`;
    if (taken.has(own) || !wants(resource) || (namespace !== undefined && !resource.namespaced)) continue;
    taken.add(own);
    const { group, version, plural } = resource;
    const address = { apiVersion: group === "" ? version : `${group}/${version}`, resource: plural, namespace };
    for await (const items of readPages(server, address, limits, signal)) yield { resource, items };
  }
}

/** Those of one kind, page by page. */
async function* readPages(
  server: ApiServer,
  address: Omit<ObjectAddress, "name">,
  limits: Limits,
  signal: AbortSignal,
): AsyncGenerator<readonly JsonObject[]> {
  const { apiVersion, resource, namespace } = address;
  const doing = wordsOf({ verb: "list", apiVersion, resource, ...(namespace === undefined ? {} : { namespace }) });
  // What was yielded before a list began again is not yielded twice.
  const seen = new Set<string>();
  for await (const page of listPages(server, { path: resourcePath(address), doing, limits }, signal)) {
    if (page === "absent" || page === "begin") continue;
    const items = page.items.filter((item) => {
      const id = idOf(item);
      const isNew = !seen.has(id);
      seen.add(id);
      return isNew;
    });
    if (items.length > 0) yield items;
  }
}

function idOf({ metadata }: JsonObject): string {
  const { namespace = "", name = "" } = isObject(metadata) ? metadata : {};
  return `${String(namespace)}/${String(name)}`;
}

/**
 * The public keys in `cosign.pub`, and nothing else of the Secret.
 * @throws EngineError `no-key`
 */
export function publicKeyIn(secret: JsonValue, reference: string, limits: Limits): string {
  const fail = (why: string, cause?: unknown): EngineError =>
    new EngineError("no-key", why, { subject: reference, cause });
  const data = isObject(secret) ? secret.data : undefined;
  const encoded = isObject(data) && Object.hasOwn(data, "cosign.pub") ? data["cosign.pub"] : undefined;
  if (typeof encoded !== "string") throw fail("the Secret has no member cosign.pub");
  try {
    return parsePublicKeysPem(decodeUtf8(decodeWrappedBase64(encoded)), limits)
      .map(({ spki }) => encodePem("PUBLIC KEY", encodeBase64(spki)))
      .join("");
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw fail(`cosign.pub of the Secret is no public key: ${error.message}`, error);
  }
}
