/**
 * The questions that registries answer, and who may say that something does not exist: the reference's own host, or a
 * mirror that is declared to know. Source: docs/architecture.md#decide-then-ask; docs/spec/offline.md#completeness.
 */
import type { Digest } from "../../../core/crypto/digest.ts";
import { EngineError } from "../../../core/errors.ts";
import type { AnswerValues, Known } from "../../../core/knowledge/answer.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { isTag, repositoryForFetching } from "../../../core/oci/reference.ts";
import type { Part, QuestionOf } from "../route.ts";
import type { Capability, Endpoint } from "./endpoint.ts";
import type { RegistryClient } from "./registry-client.ts";

export interface RegistryParts {
  readonly tag: Part<"tag">;
  readonly manifest: Part<"manifest">;
  readonly blob: Part<"blob">;
  readonly referrers: Part<"referrers">;
}

export interface RegistryPartOptions {
  readonly client: RegistryClient;
  /** Where a repository is asked for, in order. */
  readonly endpointsOf: (repository: string) => readonly Endpoint[];
  readonly now: () => Date;
  /** For a host behind which there is another. Default 20 s. */
  readonly mirrorMs?: number;
}

type Kind = keyof RegistryParts;

const capability: Readonly<Record<Kind, Capability>> = {
  tag: "resolve",
  manifest: "pull",
  blob: "pull",
  referrers: "referrers",
};
/** Manifests that came with their tags, until they are asked for; digests that a registry listed. */
const mostKept = 256;
const mostKeptBytes = 1024 * 1024;
const mostNamed = 10_000;

const add = <Key, Value>(map: Map<Key, Value>, most: number, key: Key, value: Value): void => {
  if (map.size >= most) for (const oldest of map.keys()) if (map.delete(oldest)) break;
  map.set(key, value);
};

const repositoryOf = (question: Question): string =>
  "repository" in question ? repositoryForFetching(question.repository) : "";

const hostPattern = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/;

/** What becomes an address: nothing in it may lead to another host or path. @throws EngineError `malformed`. */
function checkPlace(repository: string, tag: string | undefined): void {
  const [host = "", ...steps] = repository.split("/");
  const isPath = steps.length > 0 && steps.every((step) => /^[A-Za-z0-9._-]+$/.test(step) && !/^\.{1,2}$/.test(step));
  if (!isPath || !hostPattern.test(host) || !URL.canParse(`https://${host}/`))
    throw new EngineError("malformed", "this is no repository", { subject: repository });
  if (tag !== undefined && !isTag(tag)) throw new EngineError("malformed", "this is no tag", { subject: tag });
}

export function createRegistryParts(options: RegistryPartOptions): RegistryParts {
  const { client, endpointsOf, now, mirrorMs = 20_000 } = options;
  const kept = new Map<string, { readonly bytes: Uint8Array; readonly from: string }>();
  const named = new Map<string, true>();
  const place = (endpoint: Endpoint): string => `${endpoint.host}/${endpoint.path}`;

  /** The first host that has it. @throws EngineError why nobody can know. */
  async function askInOrder<Value>(
    kind: Kind,
    repository: string,
    ask: (endpoint: Endpoint, signal: AbortSignal) => Promise<Value | undefined>,
    signal: AbortSignal,
  ): Promise<Known<Value>> {
    const endpoints = endpointsOf(repository).filter(({ capabilities }) => capabilities.has(capability[kind]));
    const at = (): string => now().toISOString();
    let failure: EngineError | undefined;
    let failed: Endpoint | undefined;
    for (const [index, endpoint] of endpoints.entries()) {
      const isLast = index === endpoints.length - 1;
      const stop = isLast ? signal : AbortSignal.any([signal, AbortSignal.timeout(mirrorMs)]);
      try {
        if (endpoint.blocked !== undefined)
          throw new EngineError("access-denied", endpoint.blocked, { subject: repository });
        const value = await ask(endpoint, stop);
        if (value !== undefined) return { state: "present", value, at: at(), from: endpoint.host };
        if (endpoint.knowsAbsence) return { state: "absent", at: at(), from: endpoint.host };
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (signal.aborted) throw error;
        // What the host that would know says counts more than a mirror's failure.
        if (failed === undefined || endpoint.knowsAbsence) [failure, failed] = [error, endpoint];
      }
    }
    if (failure !== undefined) throw failure;
    const asked = endpoints.map(({ host }) => host).join(", ");
    throw new EngineError(
      "upstream-error",
      asked === ""
        ? `no host may be asked for this (${capability[kind]})`
        : `${asked} does not have it, and a cache does not know what exists: declare it authoritative if it does`,
      { subject: repository },
    );
  }

  const part = <K extends Kind>(
    kind: K,
    ask: (endpoint: Endpoint, question: QuestionOf<K>, signal: AbortSignal) => Promise<AnswerValues[K] | undefined>,
  ): Part<K> => ({
    from: (question) => {
      const hosts = endpointsOf(repositoryOf(question)).map(({ host }) => host);
      return hosts.join(", ");
    },
    async ask(question, signal) {
      const repository = repositoryOf(question);
      checkPlace(repository, "tag" in question ? question.tag : undefined);
      return askInOrder<AnswerValues[K]>(kind, repository, (endpoint, stop) => ask(endpoint, question, stop), signal);
    },
  });

  return {
    tag: part("tag", async (endpoint, { tag }, signal) => {
      const found = await client.tag(endpoint, tag, signal);
      if (found === undefined) return undefined;
      const key = `${place(endpoint)}@${found.descriptor.digest}`;
      add(named, mostNamed, key, true);
      if (found.bytes !== undefined && found.bytes.length <= mostKeptBytes)
        add(kept, mostKept, key, { bytes: found.bytes, from: endpoint.host });
      return found.descriptor;
    }),
    manifest: part("manifest", async (endpoint, { digest }, signal) => {
      const key = `${place(endpoint)}@${digest}`;
      const held = kept.get(key);
      if (held !== undefined) {
        kept.delete(key);
        return held.bytes;
      }
      const bytes = await client.manifest(endpoint, digest, signal);
      if (bytes === undefined) refuseContradiction(named, key, digest, endpoint);
      return bytes;
    }),
    blob: part("blob", (endpoint, { digest }, signal) => client.blob(endpoint, digest, signal)),
    referrers: part("referrers", async (endpoint, { digest }, signal) => {
      const found = await client.referrers(endpoint, digest, signal);
      for (const listed of found?.listed ?? []) add(named, mostNamed, `${place(endpoint)}@${listed}`, true);
      return found === undefined || found.descriptors.length === 0 ? undefined : found.descriptors;
    }),
  };
}

/**
 * A registry that names a manifest, by a tag or in its own list, and then does not have it, contradicts itself: it is
 * being changed or is broken. That is not the absence of what was asked for.
 */
function refuseContradiction(named: ReadonlyMap<string, true>, key: string, digest: Digest, endpoint: Endpoint): void {
  if (named.has(key))
    throw new EngineError("upstream-error", `${endpoint.host} names this manifest, and says that it does not have it`, {
      subject: digest,
    });
}
