/**
 * What a node needs to pull through a proxy of images: files, and what they cannot do. Source:
 * docs/guides/nodes.md.
 */

export interface NodeFile {
  /** Where it belongs, on the node. */
  readonly path: string;
  /** Without its path; comments of the format included. */
  readonly content: string;
}

export interface NodeConfig {
  /** `unavoidable`: no setting keeps the runtime from asking the registry itself. */
  readonly fallback: "off" | "on" | "unavoidable";
  readonly files: readonly NodeFile[];
  /** What a reader must know beside the files. */
  readonly notes: readonly string[];
}

export interface ProxyAddress {
  /** `https://host:port`, without a path. */
  readonly url: string;
  /** `host:port` as in the address; without a port where the address has none. */
  readonly host: string;
  /** Spoken to without TLS. */
  readonly isPlain: boolean;
}

export interface NodeConfigOptions {
  readonly proxy: ProxyAddress;
  /** Registries that are pulled through the proxy; none: all of them. */
  readonly upstreams: readonly string[];
  /** The authority of the proxy's certificate, as PEM. */
  readonly ca: string | undefined;
  /** As whom nodes log in at the proxy. */
  readonly username: string | undefined;
  readonly withFallback: boolean;
  readonly version: RuntimeVersion | undefined;
}

export interface RuntimeVersion {
  readonly text: string;
  readonly numbers: readonly [major: number, minor: number, patch: number];
}

/** `2.1.6`, `v1.30.4+k3s1`, `1.7`: numbers that are missing are 0. Undefined for anything else. */
export function readRuntimeVersion(text: string): RuntimeVersion | undefined {
  const [, major, minor = "0", patch = "0"] =
    /^v?(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?(?:[-+~][\w.+~-]{0,64})?$/.exec(text) ?? [];
  return major === undefined ? undefined : { text, numbers: [Number(major), Number(minor), Number(patch)] };
}

/** Whether the version is this one or a later one. */
export function isAtLeast({ numbers }: RuntimeVersion, ...wanted: RuntimeVersion["numbers"]): boolean {
  const at = numbers.findIndex((number, index) => number !== wanted[index]);
  return at < 0 || (numbers[at] ?? 0) > (wanted[at] ?? 0);
}

/** The host that answers for a registry's name. */
export const hostOfUpstream = (upstream: string): string =>
  upstream === "docker.io" ? "registry-1.docker.io" : upstream;

/** A text in quotes: TOML and YAML read the escapes of JSON. */
export const quoted = (text: string): string => JSON.stringify(text);

/** Lines of a comment. */
export const comment = (...lines: readonly string[]): string => lines.map((line) => `# ${line}\n`).join("");

/** The authority's file, where a runtime reads it by its path. */
export const caFile = (path: string, { ca }: NodeConfigOptions): readonly NodeFile[] =>
  ca === undefined ? [] : [{ path, content: ca }];

/** Of named registries only some are guarded. */
export const othersNote = ({ upstreams }: NodeConfigOptions): readonly string[] =>
  upstreams.length === 0
    ? []
    : [
        `only ${upstreams.join(", ")} ${upstreams.length === 1 ? "goes" : "go"} through the proxy; every other ` +
          "registry is pulled from directly. Without --upstream all go through it",
      ];

export const policyNote =
  "a proxy with admit: policies guards only nodes that have no other way to images: keep this form, without " +
  "fallback, and let the nodes reach no registry";

export const fallbackNote =
  "with the fallback, whatever the proxy refuses or lacks is pulled from the registry itself: policies at the proxy " +
  "(admit) guard nothing on these nodes";

/** `since`: from which version on it can be told. */
export const unavoidableNote = (runtime: string, { version }: NodeConfigOptions, since: string): string =>
  `${runtime} ${version?.text ?? ""} asks the registry itself last and cannot be told not to: close the way to ` +
  `registries at the network, or use ${since}`;

/** Stands where a secret belongs: none is ever asked for or printed. */
export const passwordHere = "PASSWORD";
export const basicHere = "BASE64";

/** What to do about {@link passwordHere}, or about {@link basicHere}. */
export const secretNote = ({ username }: NodeConfigOptions, isBasic: boolean): readonly string[] =>
  username === undefined
    ? []
    : [
        isBasic
          ? `replace ${basicHere} with what this prints: printf %s '${username}:PASSWORD' | base64 -w0`
          : `replace ${passwordHere} with the password of ${username}`,
        "the file holds a password: let only its owner read it, chmod 600",
      ];
