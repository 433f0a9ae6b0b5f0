/**
 * Asking, for one command: registries, logs and TUF repositories, within the bounds of the flags. Only loaded where
 * something may be dialled. Source: docs/spec/command-line.md#asking.
 */
import { once } from "../../core/cosign/signed-entity.ts";
import { AskingBounds, AskingRun } from "../../core/decide/settle.ts";
import type { JsonValue } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import type { Answer } from "../../core/knowledge/answer.ts";
import { claimWords } from "../../core/knowledge/completeness-claim.ts";
import type { UsedInOutage } from "../../core/knowledge/overlay.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { plainHostsIn } from "../../core/knowledge/plain-source.ts";
import { readsSecrets } from "../../core/knowledge/secret-question.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import type { Asker, Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Limits } from "../../core/limits.ts";
import { plainHost } from "../../core/oci/reference.ts";
import { publicGoodMirror, publicGoodRoot } from "../../core/trust/public-good.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import type { Cluster } from "../../proxy/upstream/cluster/open-cluster.ts";
import { openUpstream, type Outside, type Upstream, type UpstreamOptions } from "../../proxy/upstream/open-upstream.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import { ownAnswers } from "../../proxy/upstream/cluster/own-answers.ts";
import type { Files } from "../../proxy/upstream/config-files.ts";
import { credentialFiles } from "../../proxy/upstream/registry/credentials/credential-files.ts";
import { credentialHelper } from "../../proxy/upstream/registry/credentials/credential-helper.ts";
import { type CredentialSource, firstOf } from "../../proxy/upstream/registry/credentials/credential.ts";
import { everyProvider, policyCredentials } from "../../proxy/upstream/registry/credentials/policy-credentials.ts";
import type { ProviderOptions } from "../../proxy/upstream/registry/credentials/provider.ts";
import { withPassword } from "./password-stdin.ts";
import { flagCredentials } from "../../proxy/upstream/registry/credentials/flag-credentials.ts";
import { readHostSettings } from "../../proxy/upstream/registry/host-settings.ts";
import { isLocal, registryName } from "../../proxy/upstream/registry/endpoint.ts";
import { type HostSettings, hostsInFiles } from "../../proxy/upstream/registry/hosts.ts";
import { openRegistry, type Registry } from "../../proxy/upstream/registry/open-registry.ts";
import type { RegistryContent } from "../../proxy/upstream/registry/registry-part.ts";
import type { ListTags } from "../../proxy/upstream/registry/tag-list.ts";
import type { Part } from "../../proxy/upstream/route.ts";
import { openTufMirror } from "../../proxy/upstream/tuf/fetch-files.ts";
import { createTrustAsker, type TufRepositories } from "../../proxy/upstream/tuf/trust-asker.ts";
import type { CommandIO } from "../command.ts";
import { visibleLine } from "../render/escape.ts";
import { missedTargets } from "../render/missed-targets.ts";
import { type Ear, warn } from "../render/say.ts";
import { filesOf } from "./tool-files.ts";
import { AskingProgress, type ShownFlags, showsProgress } from "./asking-progress.ts";
import { keepingAdded } from "../../proxy/archive/keeping-added.ts";
import type { SaidAgain } from "../../proxy/mirror/mirror-writer.ts";
import { type OnlineOptions, type PeerOptions, readAskingBounds } from "./online-flags.ts";
import type { RegistryAccess } from "./policy-registries.ts";
import { Askers, besideShared, onceEach, type PullAccess, pullKey } from "./pull-access.ts";
import { defaultTrustName } from "./trust-flags.ts";

/** What is known before anything is asked. */
export interface Known {
  readonly knowledge: Knowledge;
  /** Files that the command line names: what they answer is not asked for. */
  readonly given: Knowledge;
  readonly mirror: Mirror | undefined;
  /** Whether answers are written into the mirror. */
  readonly writes: boolean;
  readonly now: Date;
  readonly limits: Limits;
  /** By the names of trusted roots. */
  readonly initialRoots: Readonly<Record<string, Uint8Array>>;
  /** What policies and Pods say of registries. */
  readonly access: RegistryAccess | undefined;
}

export interface Online {
  readonly run: AskingRun;
  /** The run in whose name the images of a resource are asked for. */
  runFor(access: PullAccess): AskingRun;
  /** Earlier answers that were used, because nobody could give newer ones. */
  usedInOutages(): readonly UsedInOutage[];
  /** Where it may be asked. */
  readonly cluster: Cluster | undefined;
  /** Ends with the time of the flags. */
  readonly signal: AbortSignal;
  close(): void;
}

export interface PeerSettings {
  /** Registries, logs and key services may be asked; the cluster where the flags say so. */
  readonly outside: boolean;
  readonly pace?: UpstreamOptions["pace"];
  /** In place of registries by the flags. */
  readonly registry?: Registry | undefined;
  readonly isOneRun?: boolean;
  /** In place of `--verbose`. */
  readonly log?: UpstreamOptions["log"];
}

/** Who is asked by the flags, and in whose name. */
async function openPeers(options: PeerOptions, settings: PeerSettings, io: CommandIO, known: Known) {
  const { outside, pace, registry, isOneRun = false } = settings;
  const { limits } = known;
  const { env } = io;
  const files = filesOf(io);
  const now = (): Date => io.now();
  const log = options.verbose === true ? (line: string) => io.err(`${visibleLine(line)}\n`) : settings.log;
  // Reading them takes its time, and not every host that is asked speaks TLS.
  const authorities = once(() => readAuthorities({ env, files, added: options.registryCacert }));
  const upstream = openUpstream({ env, authorities, log, pace, isOneRun });
  const { kubeconfig, context } = options;
  // A kubeconfig is YAML; who asks no cluster does not pay for reading it.
  const cluster =
    options.cluster === true
      ? (await import("../../proxy/upstream/cluster/open-cluster.ts")).openCluster({
          env,
          files,
          limits,
          now,
          kubeconfig,
          context,
          authorities,
          log,
        })
      : undefined;
  const own = cluster === undefined ? known.knowledge : ownAnswers(known.knowledge, cluster);
  const wayOut = outside ? { files, trust: trustPart(upstream, known, io) } : undefined;
  const hosts = outside && registry === undefined ? readHosts(options, known.access, files) : {};
  const readSecret = secretReader(known.given, cluster);
  const asking = { env, files, limits, now, fetcher: upstream.fetcher };
  const told = new Set<string>();
  const ofUser = once(() => {
    const own = userCredentials(withPassword(options, io), known.access, asking, hosts, readSecret, io);
    if (options.k8sKeychain !== true || cluster === undefined) return own;
    // As a program in the cluster has them: its account's Secrets, whose namespace the kubeconfig says.
    const account = { namespace: cluster.namespace(), secrets: [], serviceAccount: "default" };
    return firstOf([podCredentials(account, cluster, { asking, readSecret, told, ear: io }), own]);
  });
  const askedAs = (credentials: () => CredentialSource): Outside | undefined =>
    wayOut === undefined ? undefined : { ...wayOut, registries: registry ?? { hosts, credentials: credentials() } };
  const close = (): void => {
    void upstream.close();
    void cluster?.close();
  };
  return { upstream, cluster, own, readSecret, asking, ofUser, askedAs, now, close };
}

/** Who is asked by a sync. */
export interface OpenAsker {
  readonly asker: Asker;
  /** An asker with what an operator added to the mirror beside what registries say now. */
  besideAdded(asker: Asker, isSaidAgain: SaidAgain): Asker;
  readonly listTags: ListTags;
  readonly openBlob: RegistryContent["openBlob"];
  close(): void;
}

/** @throws EngineError `invalid-usage` for flags that contradict each other or name files that cannot be used. */
export async function openAsker(
  options: PeerOptions & ShownFlags,
  { signal, ...settings }: Omit<PeerSettings, "outside"> & { readonly signal: AbortSignal },
  io: CommandIO,
  known: Known,
): Promise<OpenAsker> {
  const { limits, mirror } = known;
  const peers = await openPeers(options, { ...settings, outside: true }, io, known);
  const { upstream, cluster, ofUser, askedAs, now, close } = peers;
  const asker = upstream.asker({ limits, now, signal, cluster, outside: askedAs(ofUser) });
  const watched = showsProgress(options, io) ? new AskingProgress(io).watch(asker) : asker;
  return {
    asker: tellingPlain(watched, new Set(), io),
    besideAdded: (asked, isSaidAgain) =>
      mirror === undefined ? asked : keepingAdded(asked, mirror.knowledge(), (text) => warn(text, io), isSaidAgain),
    listTags: (...asked) => asker.listTags?.(...asked) ?? Promise.reject(notAsked()),
    openBlob: (...asked) => asker.content?.openBlob(...asked) ?? Promise.reject(notAsked()),
    close,
  };
}

/**
 * `outside`: registries, logs and key services may be asked; the cluster where the flags say so.
 * @throws EngineError `invalid-usage` for flags that contradict each other or name files that cannot be used.
 */
export async function openOnline(
  options: OnlineOptions & ShownFlags,
  outside: boolean,
  io: CommandIO,
  known: Known,
): Promise<Online> {
  const { timeoutMs, inFlight, refreshMs } = readAskingBounds(options);
  const { mirror, writes, limits } = known;
  const signal = AbortSignal.timeout(timeoutMs);
  const peers = await openPeers(options, { outside }, io, known);
  const { upstream, cluster, own, readSecret, asking, ofUser, askedAs, now, close } = peers;
  const bounds = new AskingBounds({ inFlight, heldBytes: limits.heldBytes });
  const askers = new Askers();
  const telling = (asker: Asker): Asker => {
    const told = tellingPlain(progress?.watch(asker) ?? asker, plainTold, io);
    return mirror === undefined ? told : keepingAdded(told, mirror.knowledge(), (text) => warn(text, io));
  };
  const plainTold = new Set<string>();
  const progress = showsProgress(options, io) ? new AskingProgress(io) : undefined;
  const open = (asker: Asker, key: string, mayKeep: (answer: Answer) => boolean): AskingRun =>
    new AskingRun(askers.without(own, key), telling(asker), known.now, {
      refresh: refreshMs,
      given: known.given,
      bounds,
      stop: signal,
      store: (question, answer) => {
        if (mirror === undefined || !writes || !mayKeep(answer)) return false;
        askers.note(question, key);
        return keepAnswer(question, answer, mirror, io);
      },
    });
  const asker = upstream.asker({ limits, now, signal, cluster, outside: askedAs(ofUser) });
  const shared = onceEach(asker);
  const run = open(besideShared(asker, shared), "", () => true);
  const runs = new Map<string, AskingRun>();
  const told = new Set<string>();
  const openFor = (access: PullAccess, key: string): AskingRun => {
    const credentials = () =>
      firstOf([ofUser(), podCredentials(access, cluster, { asking, readSecret, told, ear: io })]);
    const ofPods = upstream.asker({ limits, now, signal, outside: askedAs(credentials) });
    // Who sees less than others is told that it does not exist.
    return open(besideShared(ofPods, shared), key, ({ state }) => state === "present");
  };
  const runFor = (access: PullAccess): AskingRun => {
    const key = outside ? pullKey(access, cluster !== undefined) : undefined;
    if (key === undefined) return run;
    const held = runs.get(key) ?? openFor(access, key);
    runs.set(key, held);
    return held;
  };
  const usedInOutages = (): readonly UsedInOutage[] => [run, ...runs.values()].flatMap((one) => one.usedInOutages());
  return { run, runFor, usedInOutages, cluster, signal, close };
}

/**
 * The registries that the command line names, opened with its flags.
 * @throws EngineError `invalid-usage` for flags that contradict each other or name files that cannot be used.
 */
export function openFlagRegistry(options: PeerOptions, io: CommandIO, limits: Limits): Registry {
  const { env } = io;
  const files = filesOf(io);
  const now = (): Date => io.now();
  const log = options.verbose === true ? (line: string) => io.err(`${visibleLine(line)}\n`) : undefined;
  const authorities = once(() => readAuthorities({ env, files, added: options.registryCacert }));
  const upstream = openUpstream({ env, authorities, log });
  const hosts = readHosts(options, undefined, files);
  const asking = { env, files, limits, now, fetcher: upstream.fetcher };
  const noSecret = (): Promise<undefined> => Promise.resolve(undefined);
  const registry = openRegistry({
    hosts,
    credentials: userCredentials(withPassword(options, io), undefined, asking, hosts, noSecret, io),
    connections: { env, authorities },
    fetching: { log },
    limits,
    now,
  });
  return {
    ...registry,
    close: async () => {
      await registry.close();
      await upstream.close();
    },
  };
}

const notAsked = (): EngineError => new EngineError("dialled-offline", "registries may not be asked here");

/** Says of each host, once, that it was asked without TLS. Nobody stands between this machine and itself. */
function tellingPlain(asker: Asker, told: Set<string>, ear: Ear): Asker {
  const tell = <A extends Answer>(answer: A | undefined): A | undefined => {
    const plain = answer === undefined || answer.state === "unavailable" ? [] : plainHostsIn(answer.from);
    for (const host of plain)
      if (!told.has(host) && !isLocal(host)) {
        told.add(host);
        warn(`${host} was asked without TLS: what it says of tags, and of what does not exist, may be changed`, ear);
      }
    return answer;
  };
  return {
    known: (question) => tell(asker.known?.(question)),
    ask: async (question) => tell(await asker.ask(question)),
  };
}

/**
 * Writes an answer into the mirror, unless it may hold secrets or is larger than what is read again. A claim that a new
 * fact ends is named: what rested on it is unknown from now on. True: it is there.
 */
export function keepAnswer(question: Question, answer: Answer, mirror: Mirror, io: CommandIO): boolean {
  if (readsSecrets(question)) return false;
  try {
    for (const claim of mirror.writer().setAnswer(question, answer))
      warn(`not true any more: ${claimWords(claim)}`, io);
    return true;
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "over-limit") throw error;
    warn(`not kept in the mirror: ${questionWords(question)}: ${error.message}`, io);
    return false;
  }
}

const readHosts = (options: PeerOptions, access: RegistryAccess | undefined, files: Files): HostSettings => {
  const insecure = access?.insecureHosts ?? [];
  return readHostSettings(
    {
      plainHttp: options.plainHttp,
      mayBePlain: options.allowHttpRegistry === true ? "all" : insecure,
      insecure: options.allowInsecureRegistry === true ? "all" : insecure,
      authoritative: options.authoritative,
      hostsFolder: options.hostsDir,
      registriesConf: options.registriesConf,
      clientCert: options.registryClientCert,
      clientKey: options.registryClientKey,
      serverName: options.registryServerName,
    },
    files,
  );
};

type ReadSecret = (namespace: string, name: string, signal: AbortSignal) => Promise<JsonValue | undefined>;

/** Secrets of files, then of the cluster. */
const secretReader =
  (given: Knowledge, cluster: Cluster | undefined): ReadSecret =>
  async (namespace, name, signal) => {
    const asked = { kind: "cluster", verb: "get", apiVersion: "v1", resource: "secrets", namespace, name } as const;
    const answer = given.answer(asked);
    return answer?.state === "present" ? answer.value : cluster?.readSecret(namespace, name, signal);
  };

/**
 * A user or token of the command line is for every registry that is asked, as cosign's flags are, unless resources name
 * the images. Without one: what policies name, then this user's files.
 */
function userCredentials(
  options: PeerOptions,
  access: RegistryAccess | undefined,
  asking: ProviderOptions,
  hosts: HostSettings,
  readSecret: ReadSecret,
  ear: Ear,
): CredentialSource {
  const { registryUsername: username, registryPassword: password, registryToken: token } = options;
  const { env, files, limits } = asking;
  const { authfile: authFile } = options;
  const ofFiles = credentialFiles({ env, authFile, files, helper: credentialHelper(env, limits), limits });
  const { secrets = [], providers = options.k8sKeychain === true ? everyProvider : [] } = access ?? {};
  const ofFlags = flagCredentials({ username, password, token }, flagHosts(access, hosts, ear));
  return firstOf([
    ...(ofFlags === undefined ? [] : [ofFlags]),
    policyCredentials({ ...asking, secrets, providers, readSecret, ofFiles }),
    ofFiles,
  ]);
}

interface PodOptions {
  readonly asking: ProviderOptions;
  readonly readSecret: ReadSecret;
  /** Secrets of which was said that they are not used. */
  readonly told: Set<string>;
  readonly ear: Ear;
}

/**
 * What a Pod pulls with. Its author chooses them, so this user's own credentials come first, and no other Pod is asked
 * for in their name.
 */
function podCredentials(
  { namespace, secrets, serviceAccount }: PullAccess,
  cluster: Cluster | undefined,
  { asking, readSecret, told, ear }: PodOptions,
): CredentialSource {
  const ofSecret = (name: string): CredentialSource => {
    const secret = `${namespace}/${name}`;
    const source = policyCredentials({
      ...asking,
      secrets: [secret],
      providers: [],
      ofFiles: firstOf([]),
      readSecret: async (...place) => (await readSecret(...place)) ?? noCredentials,
    });
    return ofPod(source, secret, told, ear);
  };
  if (secrets.length > 0) return firstOf(secrets.map(ofSecret));
  let ofAccount: Promise<CredentialSource> | undefined;
  const find = async (signal: AbortSignal): Promise<CredentialSource> =>
    firstOf(((await cluster?.pullSecretsOf(namespace, serviceAccount, signal)) ?? []).map(ofSecret));
  const source: CredentialSource = {
    async find(target, signal) {
      ofAccount ??= find(signal);
      try {
        return await (await ofAccount).find(target, signal);
      } catch (error) {
        ofAccount = undefined;
        throw error;
      }
    },
  };
  return ofPod(source, `of service account ${namespace}/${serviceAccount}`, told, ear);
}

/**
 * The hosts that get the credentials of the flags. Images of `verify` are on its command line. Those of resources are
 * named by strangers, so that a policy or the configuration must have named the host.
 */
function flagHosts(access: RegistryAccess | undefined, hosts: HostSettings, ear: Ear): (host: string) => boolean {
  if (access === undefined) return () => true;
  const named = new Set([...access.hosts, ...hostsInFiles(hosts)].map((host) => registryName(plainHost(host))));
  const told = new Set<string>();
  return (host) => {
    const isNamed = named.has(registryName(host));
    if (!isNamed && !told.has(host))
      warn(`the credentials of the command line are not sent to ${host}: no policy names this host`, ear);
    told.add(host);
    return isNamed;
  };
}

/** A Pod's pull Secret that cannot be used is passed over with one warning, as a node does. */
function ofPod(source: CredentialSource, secret: string, told: Set<string>, ear: Ear): CredentialSource {
  return {
    async find(target, signal) {
      try {
        return await source.find(target, signal);
      } catch (error) {
        if (!(error instanceof EngineError) || (error.code !== "access-denied" && error.code !== "malformed"))
          throw error;
        if (!told.has(secret)) warn(`the pull secret ${secret} is not used: ${error.message}`, ear);
        told.add(secret);
        return undefined;
      }
    },
  };
}

/** A Secret that holds none. */
const noCredentials: JsonValue = { stringData: { ".dockerconfigjson": "{}" } };

/** Trusted roots from the TUF mirrors that they came from; the public one from its own. */
export function trustPart(
  { fetcher }: Pick<Upstream, "fetcher">,
  { mirror, initialRoots, limits }: Pick<Known, "mirror" | "initialRoots" | "limits">,
  io: CommandIO,
): Part<"trusted-root"> {
  const recorded = (name: string) => {
    const answer = mirror?.knowledge().recorded({ kind: "trusted-root", name });
    return answer?.state === "present" && answer.value.form === "tuf" ? { ...answer, value: answer.value } : undefined;
  };
  const roots: Readonly<Record<string, Uint8Array>> = { [defaultTrustName]: publicGoodRoot(), ...initialRoots };
  const repositories: TufRepositories["repositories"] = Object.fromEntries(
    Object.entries(roots).flatMap(([name, initialRoot]) => {
      const from = recorded(name)?.from ?? (name === defaultTrustName ? publicGoodMirror : "");
      return /^https?:\/\//.test(from) ? [[name, { initialRoot, mirror: openTufMirror(from, { fetcher }) }]] : [];
    }),
  );
  const part = createTrustAsker({
    repositories,
    held: (name) => recorded(name)?.value,
    heldTarget: (name, path) => mirror?.knowledge().tufTarget(name, path),
    missed: (name, missed) => warn(missedTargets(name, missed), io),
    now: () => io.now(),
    verifier: nodeVerifier,
    limits,
  });
  return {
    from: (question) => part.from(question),
    ask: async (question, signal) =>
      Object.hasOwn(repositories, question.name) ? part.ask(question, signal) : undefined,
  };
}
