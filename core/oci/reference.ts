/**
 * Image references as Kyverno reads them. Source: docs/spec/kyverno.md#image-references; CNCF distribution `reference`
 * (grammar), OCI image 1.1 (digest). Two spellings of one image stay different here, because policies match text; only
 * the host is one host in every spelling ({@link plainHost}). {@link repositoryForFetching} says which repository is
 * meant.
 */
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { type Digest, isDigest } from "../crypto/digest.ts";

export interface ReferenceOptions {
  /** Host, optionally with a port and a path, for references that name no registry. Default `docker.io`. */
  readonly defaultRegistry?: string;
  /** False: an added registry is not reported, so that `registry` is empty. Default true. */
  readonly enableDefaultRegistryMutation?: boolean;
}

export interface PlainTexts {
  /** With {@link plainHost}. */
  readonly canonical: string;
  /** For patterns that select images. */
  readonly selected: { readonly canonical: string; readonly withTag: string };
}

export interface ImageReference {
  /** Empty where the reference names none and `enableDefaultRegistryMutation` is false. */
  readonly registry: string;
  readonly path: string;
  /** The last segment of `path`. */
  readonly name: string;
  /** `latest` when neither tag nor digest is given; absent when only a digest is. */
  readonly tag?: string;
  /** Any registered algorithm (sha256, sha384, sha512): only {@link verifiableDigest} tells what can be looked up. */
  readonly digest?: string;
  /** `registry/path`, as policies see it. */
  readonly repository: string;
  /** The repository to ask: see {@link repositoryForFetching}. */
  readonly fetchRepository: string;
  /** The text that patterns match: `repository@digest`, or `repository:tag` without a digest. */
  readonly canonical: string;
  /** `repository:tag`; ends with a colon when there is no tag. */
  readonly withTag: string;
  /**
   * Both texts with other spellings of the host, which patterns match too: the one spelling, and the one that selects.
   * Absent where the host is written so.
   */
  readonly plain?: PlainTexts;
}

const domainComponent = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const hostName = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])`;
const domain = `${hostName}(?::[0-9]+)?`;
const pathComponent = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const path = `${pathComponent}(?:/${pathComponent})*`;
const tag = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
const referencePattern = new RegExp(`^((?:${domain}/)?${path})(?::(${tag}))?(?:@(${digest}))?$`);
const namePattern = new RegExp(`^(?:(${domain})/)?(${path})$`);
const tagPattern = new RegExp(`^${tag}$`);
const hostPattern = new RegExp(`^${hostName}(?::[0-9]{1,5})?$`);

const placePattern = new RegExp(`^(${domain})(?:/(${path}))?$`);

const maxPathLength = 255;
const maxHostLength = 255;
const digestLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** Whether `text` is a tag of the distribution grammar. */
export const isTag = (text: string): boolean => tagPattern.test(text);

/** Whether `text` is the host of a registry, with or without a port, and nothing else: no scheme, user or path. */
export const isHost = (text: string): boolean => text.length <= maxHostLength && hostPattern.test(text);

/**
 * Whether the first segment of a reference names a registry; any other first segment belongs to the default registry.
 */
const namesRegistry = (segment: string): boolean =>
  /[.:]/.test(segment) || segment === "localhost" || segment.toLowerCase() !== segment;

/** Hosts that are spoken to without TLS, as go-containerregistry and containerd have it. */
const localHost = new RegExp(
  "^(?:localhost|.*\\.local(?:host)?|\\[::1\\]|127(?:\\.[0-9]+){3}|10(?:\\.[0-9]+){3}|192\\.168(?:\\.[0-9]+){2}|" +
    "172\\.(?:1[6-9]|2[0-9]|3[01])(?:\\.[0-9]+){2})$",
);

/** This machine: a registry there may speak https or http, so that without a port nobody knows which one is meant. */
const loopback = /^(?:localhost|.*\.localhost|\[::1\]|127(?:\.[0-9]+){3})$/;

/**
 * A registry, with or without a path below it, with the one spelling of its host; undefined for any other text. A word
 * alone is a registry only where it looks like one.
 */
export function parsePlace(text: string): string | undefined {
  const [, host = "", below] = placePattern.exec(text) ?? [];
  if (host === "" || !namesRegistry(host)) return undefined;
  const plain = plainHost(host);
  const registry = plain === "index.docker.io" ? "docker.io" : plain;
  return below === undefined ? registry : `${registry}/${below}`;
}

const splitHost = (host: string): readonly [name: string, port: string | undefined] => {
  const [, name = host.toLowerCase(), port] = /^(\[[^\]]*\]|[^:]*)(?::0*([0-9]+))?$/.exec(host.toLowerCase()) ?? [];
  return [name, port];
};

const joinHost = (name: string, port: string | undefined): string => {
  const plain = port === undefined ? name : `${name}:${port}`;
  return namesRegistry(plain) ? plain : plain.toUpperCase();
};

/**
 * The one spelling of a host: lower case, without the port that is meant when there is none. Whoever writes
 * `GHCR.IO:443` gets the images of `ghcr.io`; port 80 is another server. A host of one word that only its upper case
 * tells from a path stays in upper case.
 */
export function plainHost(host: string): string {
  const [name, port] = splitHost(host);
  return joinHost(name, port === "443" && !loopback.test(name) ? undefined : port);
}

/**
 * A host for patterns that select images: nodes may ask private networks by https or http, so that either port may be
 * meant where there is none. Never for what excuses an image.
 */
function selectedHost(host: string): string {
  const [name, port] = splitHost(host);
  return joinHost(name, port === "443" || (port === "80" && localHost.test(name)) ? undefined : port);
}

const patternWith = (pattern: string, spell: (host: string) => string): string => {
  const slash = pattern.indexOf("/");
  const host = slash === -1 ? "" : pattern.slice(0, slash);
  if (/[*?]/.test(host)) return host.toLowerCase() + pattern.slice(slash);
  return namesRegistry(host) ? spell(host) + pattern.slice(slash) : pattern;
};

/** A pattern of references with {@link plainHost}, as far as its host is fixed; else the pattern itself. */
export const plainPattern = (pattern: string): string => patternWith(pattern, plainHost);

/** The same for patterns that select images. */
export const selectedPattern = (pattern: string): string => patternWith(pattern, selectedHost);

const withDefaultRegistry = (text: string, registry: string): string => {
  const slash = text.indexOf("/");
  return slash !== -1 && namesRegistry(text.slice(0, slash)) ? text : `${registry}/${text}`;
};

/**
 * The parts and canonical forms of an image reference.
 * @throws EngineError `malformed` with Kyverno's reason, `over-limit` past `referenceBytes`.
 */
export function parseReference(text: string, limits: Limits, options: ReferenceOptions = {}): ImageReference {
  const { defaultRegistry = "docker.io", enableDefaultRegistryMutation = true } = options;
  if (text.length > limits.referenceBytes)
    throw new EngineError("over-limit", `an image reference of ${text.length} characters`, {
      subject: text.slice(0, 64),
    });
  const full = withDefaultRegistry(text, defaultRegistry);
  const fail = (reason: string): never => {
    throw new EngineError(
      "malformed",
      `bad image: ${full}, defaultRegistry: ${defaultRegistry}, enableDefaultRegistryMutation: ` +
        `${enableDefaultRegistryMutation}: ${reason}`,
      { subject: text },
    );
  };
  const match = referencePattern.exec(full);
  if (match === null)
    return fail(
      referencePattern.test(full.toLowerCase()) ? "repository name must be lowercase" : "invalid reference format",
    );
  const [, name = "", givenTag, givenDigest] = match;
  const [, foundDomain = "", foundPath = name] = namePattern.exec(name) ?? [];
  if (foundPath.length > maxPathLength) fail(`repository name must not be more than ${maxPathLength} characters`);
  const problem = givenDigest === undefined ? undefined : digestProblem(givenDigest);
  if (problem !== undefined) fail(problem);
  const hidden = full !== text && !enableDefaultRegistryMutation;
  return assemble(
    hidden ? "" : foundDomain,
    foundPath,
    givenTag ?? (givenDigest === undefined ? "latest" : undefined),
    givenDigest,
  );
}

/** The reference pinned: what {@link parseReference} makes of `withTag@digest`. */
export const withDigest = (image: ImageReference, digest: Digest): ImageReference => ({
  registry: image.registry,
  path: image.path,
  name: image.name,
  ...(image.tag === undefined ? {} : { tag: image.tag }),
  digest,
  repository: image.repository,
  fetchRepository: image.fetchRepository,
  canonical: `${image.repository}@${digest}`,
  withTag: image.withTag,
  ...(image.plain === undefined ? {} : { plain: plainTexts(image.registry, image.path, image.tag, digest) }),
});

function plainTexts(registry: string, path: string, tag: string | undefined, digest: string | undefined): PlainTexts {
  const texts = (host: string): PlainTexts["selected"] => {
    const withTag = `${host}/${path}:${tag ?? ""}`;
    return { canonical: digest === undefined ? withTag : `${host}/${path}@${digest}`, withTag };
  };
  return { canonical: texts(plainHost(registry)).canonical, selected: texts(selectedHost(registry)) };
}

function digestProblem(text: string): string | undefined {
  const colon = text.indexOf(":");
  const length = digestLengths[text.slice(0, colon)];
  const encoded = text.slice(colon + 1);
  if (length === undefined) return "unsupported digest algorithm";
  if (encoded.length !== length) return "invalid checksum digest length";
  return /^[0-9a-f]+$/.test(encoded) ? undefined : "invalid checksum digest format";
}

function assemble(
  foundRegistry: string,
  foundPath: string,
  foundTag: string | undefined,
  foundDigest: string | undefined,
): ImageReference {
  const slash = foundPath.indexOf("/");
  // A host with an underscore does not fit the grammar of a domain, so it arrives as a part of the path.
  const underscored = foundRegistry === "" && slash !== -1 && foundPath.slice(0, slash).includes("_");
  const registry = underscored ? foundPath.slice(0, slash) : foundRegistry;
  const path = underscored ? foundPath.slice(slash + 1) : foundPath;
  const repository = registry === "" ? path : `${registry}/${path}`;
  return {
    registry,
    path,
    name: path.slice(path.lastIndexOf("/") + 1),
    ...(foundTag === undefined ? {} : { tag: foundTag }),
    ...(foundDigest === undefined ? {} : { digest: foundDigest }),
    repository,
    fetchRepository: repositoryForFetching(repository),
    canonical: foundDigest === undefined ? `${repository}:${foundTag ?? ""}` : `${repository}@${foundDigest}`,
    withTag: `${repository}:${foundTag ?? ""}`,
    ...(registry === "" || (plainHost(registry) === registry && selectedHost(registry) === registry)
      ? {}
      : { plain: plainTexts(registry, path, foundTag, foundDigest) }),
  };
}

/**
 * The reference's digest in the only algorithm that evidence and content are looked up by.
 * @throws EngineError `malformed` for a sha384 or sha512 digest.
 */
export function verifiableDigest(image: ImageReference): Digest | undefined {
  if (image.digest === undefined || isDigest(image.digest)) return image.digest;
  throw new EngineError("malformed", "only sha256 digests can be verified", { subject: image.canonical });
}

/** Most repositories are written in their one spelling already, and every question asks. Docker Hub has several. */
const fetchedAsWritten = /^(?!(?:index\.)?docker\.io\/)[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::(?!0|443\/)[0-9]+)?\//;

/**
 * The one name of a repository in questions, in the mirror and towards registries: `docker.io/nginx`,
 * `index.docker.io/library/nginx` and `nginx` are all `docker.io/library/nginx`; the host is {@link plainHost}. It is
 * its own fixed point. Sources of knowledge apply it to every question, so that a policy's spelling never decides
 * whether evidence is found.
 */
export function repositoryForFetching(repository: string): string {
  if (fetchedAsWritten.test(repository)) return repository;
  const slash = repository.indexOf("/");
  const first = slash === -1 ? "" : repository.slice(0, slash);
  const named = slash !== -1 && namesRegistry(first);
  const plain = plainHost(first);
  const host = named && plain !== "index.docker.io" ? plain : "docker.io";
  const rest = named ? repository.slice(slash + 1) : repository;
  return host === "docker.io" && !rest.includes("/") ? `docker.io/library/${rest}` : `${host}/${rest}`;
}
