/**
 * The questions that registries answer, and who may say that something does not exist: the reference's own host, or a
 * mirror that is declared to know. Source: docs/architecture.md#decide-then-ask; docs/spec/offline.md#completeness.
 */
import type { Digest } from "../../../core/crypto/digest.ts";
import { EngineError } from "../../../core/errors.ts";
import type { AnswerValues, Known } from "../../../core/knowledge/answer.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import type { Descriptor } from "../../../core/oci/descriptor.ts";
import { isTag, repositoryForFetching } from "../../../core/oci/reference.ts";
import type { Part, QuestionOf } from "../route.ts";
import { type Capability, type Endpoint, hostsFor } from "./endpoint.ts";
import { type HostFailure, joinFailures } from "./host-failures.ts";
import type { BlobSize, OpenBlob, RegistryClient } from "./registry-client.ts";

export interface RegistryParts {
  readonly tag: Part<"tag">;
  readonly manifest: Part<"manifest">;
  readonly blob: Part<"blob">;
  readonly referrers: Part<"referrers">;
}

/**
 * Layers, which no decision reads. `undefined`: whoever knows what exists says that there is none. A repository is as
 * `repositoryForFetching` writes it.
 */
export interface RegistryContent {
  /**
   * The content, from a byte on where the registry gives parts. It has begun to come when this returns; `signal` ends
   * it later, too. Its digest is not compared.
   */
  openBlob(repository: string, digest: Digest, signal: AbortSignal, from?: number): Promise<OpenBlob | undefined>;
  blobSize(repository: string, digest: Digest, signal: AbortSignal): Promise<BlobSize | undefined>;
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

interface Place {
  readonly repository: string;
  readonly tag?: string;
}

/** What the hosts that were asked have, and which of them knows what exists; else why nobody can know. */
interface Heard<Value> {
  readonly values: readonly { readonly value: Value; readonly from: string }[];
  readonly knowing?: Endpoint;
  readonly failure?: EngineError;
  readonly failed?: Endpoint | undefined;
}

const capability: Readonly<Record<Kind, Capability>> = {
  tag: "resolve",
  manifest: "pull",
  blob: "pull",
  referrers: "referrers",
};
/** How much is kept: manifests that came with their tags, until they are asked for, and digests that were listed. */
const mostKept = 256;
const mostKeptBytes = 1024 * 1024;
const mostNamed = 10_000;

const add = <Key, Value>(map: Map<Key, Value>, most: number, key: Key, value: Value): void => {
  if (map.size >= most) for (const oldest of map.keys()) if (map.delete(oldest)) break;
  map.set(key, value);
};

const hostOf = ({ host }: Endpoint): string => host;
const namesOf = (values: Heard<unknown>["values"]): string => values.map(({ from }) => from).join(", ");

const nobodyKnows = (kind: Kind, repository: string, asked: string): EngineError =>
  new EngineError(
    "upstream-error",
    asked === ""
      ? `no host may be asked for this (${capability[kind]})`
      : `${asked} does not have it, and a cache does not know what exists: declare it authoritative if it does`,
    { subject: repository },
  );

const repositoryOf = (question: Question): string =>
  "repository" in question ? repositoryForFetching(question.repository) : "";

const placeOf = (question: Question): Place => ({
  repository: repositoryOf(question),
  ...("tag" in question ? { tag: question.tag } : {}),
});

/** A signal that also ends after a time, unless what it is for has come by then: a stream may go on. */
function endingAfter(ms: number, signal: AbortSignal): { readonly signal: AbortSignal; readonly inTime: () => void } {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DOMException("no answer in time", "TimeoutError")), ms);
  return { signal: AbortSignal.any([signal, late.signal]), inTime: () => clearTimeout(timer) };
}

const hostPattern = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/;

/** What becomes an address: nothing in it may lead to another host or path. @throws EngineError `malformed`. */
export function checkPlace(repository: string, tag: string | undefined): void {
  const [host = "", ...steps] = repository.split("/");
  const isPath = steps.length > 0 && steps.every((step) => /^[A-Za-z0-9._-]+$/.test(step) && !/^\.{1,2}$/.test(step));
  if (!isPath || !hostPattern.test(host) || !URL.canParse(`https://${host}/`))
    throw new EngineError("malformed", "this is no repository", { subject: repository });
  if (tag !== undefined && !isTag(tag)) throw new EngineError("malformed", "this is no tag", { subject: tag });
}

export function createRegistryParts(options: RegistryPartOptions): RegistryParts & RegistryContent {
  const { client, endpointsOf, now, mirrorMs = 20_000 } = options;
  const kept = new Map<string, { readonly bytes: Uint8Array; readonly from: string }>();
  const named = new Map<string, true>();
  const place = (endpoint: Endpoint): string => `${endpoint.host}/${endpoint.path}`;

  /**
   * What the hosts say in their order, until one has it or knows that it does not exist. Of a list a cache may have the
   * beginning only, so that a host is asked that knows what exists.
   * @throws EngineError for what is no place, and when time is up and nothing was heard.
   */
  async function askInOrder<Value>(
    kind: Kind,
    { repository, tag }: Place,
    ask: (endpoint: Endpoint, signal: AbortSignal) => Promise<Value | undefined>,
    signal: AbortSignal,
  ): Promise<Heard<Value>> {
    checkPlace(repository, tag);
    const endpoints = hostsFor(endpointsOf(repository), capability[kind]);
    const values: { readonly value: Value; readonly from: string }[] = [];
    const failures: HostFailure[] = [];
    for (const [index, endpoint] of endpoints.entries()) {
      // Nor may the last one use up the time in which a list can be answered that was begun.
      const mayWait = index === endpoints.length - 1 && values.length === 0;
      const stop = mayWait ? { signal, inTime: () => undefined } : endingAfter(mirrorMs, signal);
      try {
        if (endpoint.blocked !== undefined)
          throw new EngineError("access-denied", endpoint.blocked, { subject: repository });
        const value = await ask(endpoint, stop.signal);
        if (value !== undefined) values.push({ value, from: client.sourceOf(endpoint) });
        if (endpoint.knowsAbsence) return { values, knowing: endpoint };
        if (value !== undefined && kind !== "referrers") return { values };
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        failures.push({ endpoint, error });
        if (!signal.aborted) continue;
        if (values.length === 0) throw joinFailures(failures)?.error ?? error;
        break;
      } finally {
        stop.inTime();
      }
    }
    const asked = endpoints.map(({ host }) => host).join(", ");
    const joined = joinFailures(failures);
    return { values, failure: joined?.error ?? nobodyKnows(kind, repository, asked), failed: joined?.endpoint };
  }

  /** @throws EngineError why nobody can know. */
  function definite<Value>({ values: [first], knowing, failure }: Heard<Value>): Known<Value> {
    const at = now().toISOString();
    if (first !== undefined) return { state: "present", value: first.value, at, from: first.from };
    if (knowing !== undefined) return { state: "absent", at, from: client.sourceOf(knowing) };
    throw failure ?? new EngineError("upstream-error", "nobody answered");
  }

  /** The lists of all that were asked, as one. It is whole if one of them knows what exists. */
  function joined(heard: Heard<readonly Descriptor[]>): Known<readonly Descriptor[]> {
    const { values, knowing, failure, failed } = heard;
    if (values.length === 0) return definite(heard);
    const found = new Map<Digest, Descriptor>();
    for (const descriptor of values.flatMap(({ value }) => value))
      if (!found.has(descriptor.digest)) found.set(descriptor.digest, descriptor);
    const at = now().toISOString();
    const list = { state: "present", value: [...found.values()], at, from: namesOf(values) } as const;
    if (knowing !== undefined || failure === undefined) return list;
    const { code, message: why } = failure;
    return { ...list, partial: { state: "unavailable", code, at, from: failed?.host ?? list.from, why } };
  }

  /**
   * What the run knows without asking anybody: that the one host of a repository, which knows what exists, lacks
   * something.
   */
  function knownAbsence(
    kind: Kind,
    { repository }: Place,
    lacks: (endpoint: Endpoint) => boolean,
  ): Known<never> | undefined {
    const [endpoint, ...others] = hostsFor(endpointsOf(repository), capability[kind]);
    if (endpoint === undefined || others.length > 0 || !endpoint.knowsAbsence || endpoint.blocked !== undefined)
      return undefined;
    if (!lacks(endpoint)) return undefined;
    return { state: "absent", at: now().toISOString(), from: client.sourceOf(endpoint) };
  }

  const from = (kind: Kind, question: Question): string =>
    hostsFor(endpointsOf(repositoryOf(question)), capability[kind])
      .map(hostOf)
      .join(", ");

  const part = <K extends Exclude<Kind, "referrers">>(
    kind: K,
    ask: (endpoint: Endpoint, question: QuestionOf<K>, signal: AbortSignal) => Promise<AnswerValues[K] | undefined>,
  ): Part<K> => ({
    from: (question) => from(kind, question),
    ask: async (question, signal) =>
      definite<AnswerValues[K]>(
        await askInOrder(kind, placeOf(question), (endpoint, stop) => ask(endpoint, question, stop), signal),
      ),
  });

  const listReferrers = async (endpoint: Endpoint, digest: Digest, signal: AbortSignal) => {
    const isKnown = named.has(`${place(endpoint)}@${digest}`);
    const found = await client.referrers(endpoint, digest, signal, isKnown);
    for (const listed of found?.listed ?? []) add(named, mostNamed, `${place(endpoint)}@${listed}`, true);
    return found === undefined || found.descriptors.length === 0 ? undefined : found.descriptors;
  };

  const content = async <Value>(
    repository: string,
    ask: (endpoint: Endpoint, signal: AbortSignal) => Promise<Value | undefined>,
    signal: AbortSignal,
  ): Promise<Value | undefined> => {
    const found = definite(await askInOrder("blob", { repository }, ask, signal));
    return found.state === "present" ? found.value : undefined;
  };

  return {
    openBlob: (repository, digest, signal, first) =>
      content(repository, (endpoint, stop) => client.openBlob(endpoint, digest, stop, first), signal),
    blobSize: (repository, digest, signal) =>
      content(repository, (endpoint, stop) => client.blobSize(endpoint, digest, stop), signal),
    tag: {
      known: (question) =>
        knownAbsence("tag", placeOf(question), (endpoint) => client.lacksTag(endpoint, question.tag)),
      ...part("tag", async (endpoint, { tag }, signal) => {
        const found = await client.tag(endpoint, tag, signal);
        if (found === undefined) return undefined;
        const key = `${place(endpoint)}@${found.descriptor.digest}`;
        add(named, mostNamed, key, true);
        if (found.bytes !== undefined && found.bytes.length <= mostKeptBytes)
          add(kept, mostKept, key, { bytes: found.bytes, from: client.sourceOf(endpoint) });
        return found.descriptor;
      }),
    },
    manifest: part("manifest", async (endpoint, { digest, atMost }, signal) => {
      const key = `${place(endpoint)}@${digest}`;
      const held = kept.get(key);
      if (held !== undefined) {
        kept.delete(key);
        return held.bytes;
      }
      const bytes = await client.manifest(endpoint, digest, signal, atMost);
      if (bytes === undefined) refuseContradiction(named, key, digest, endpoint);
      return bytes;
    }),
    blob: part("blob", (endpoint, { digest, atMost }, signal) => client.blob(endpoint, digest, signal, atMost)),
    referrers: {
      known: (question) =>
        knownAbsence("referrers", placeOf(question), (endpoint) => client.lacksReferrers(endpoint, question.digest)),
      from: (question) => from("referrers", question),
      ask: async (question, signal) =>
        joined(
          await askInOrder(
            "referrers",
            placeOf(question),
            (endpoint, stop) => listReferrers(endpoint, question.digest, stop),
            signal,
          ),
        ),
    },
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
