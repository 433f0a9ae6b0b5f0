/** Where a repository is asked for: its own host, or a mirror of it. */
import { isLoopback } from "../proxy-choice.ts";
import type { Target } from "./credentials/credential.ts";

/**
 * What a host may be asked for, in the words of containerd: `resolve` a tag, `pull` by digest, list `referrers`.
 */
export type Capability = "pull" | "resolve" | "referrers";

export const everyCapability: ReadonlySet<Capability> = new Set(["pull", "resolve", "referrers"]);

/**
 * `either`: https, and http where the host speaks nothing else. Only for hosts to which that was allowed.
 */
export type Scheme = "https" | "http" | "either";

export interface Endpoint {
  /** `host` or `host:port`, as it is dialled. */
  readonly host: string;
  readonly scheme: Scheme;
  /** The address of the API's root: `/v2/`. */
  readonly root: string;
  /** The repository as this host has it. */
  readonly path: string;
  /** The registry that a mirror of several is asked about: containerd's `ns`. */
  readonly namespace?: string;
  /** Sent to this host only. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly capabilities: ReadonlySet<Capability>;
  /** Whether what this host does not have does not exist. A cache only knows what it was asked for before. */
  readonly knowsAbsence: boolean;
  /** A mirror that was declared authoritative: it is asked in place of the registry itself, whatever it answers. */
  readonly standsForOwn?: boolean;
  /** Nothing may be asked there, and why. */
  readonly blocked?: string;
}

/**
 * Who is asked for something, in order. Where an authoritative mirror may be asked, the registry itself is not: an
 * outage of that mirror leaves the question open.
 */
export function hostsFor(endpoints: readonly Endpoint[], capability: Capability): readonly Endpoint[] {
  const able = endpoints.filter(({ capabilities }) => capabilities.has(capability));
  return able.some(({ standsForOwn }) => standsForOwn === true)
    ? able.filter(({ knowsAbsence, standsForOwn }) => !knowsAbsence || standsForOwn === true)
    : able;
}

/** Docker Hub is asked at another host than the one by which it is named. */
const hub = "registry-1.docker.io";
const hubNames: ReadonlySet<string> = new Set(["docker.io", "index.docker.io", hub, "registry.hub.docker.com"]);

/** A registry as references name it, for the host that is dialled. */
export const registryName = (host: string): string => (hubNames.has(host) ? "docker.io" : host);

/** The host that is dialled for a registry. */
export const dialledHost = (registry: string): string => (hubNames.has(registry) ? hub : registry);

/** By which name credentials for it are kept. */
export const credentialTarget = ({ host, path }: Endpoint): Target => ({ host: registryName(host), path });

/** Whether a host is this machine. */
export const isLocal = (host: string): boolean => isLoopback(host.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""));

/** This machine is asked without TLS where it speaks none, as go-containerregistry has it. */
export const defaultScheme = (host: string): Scheme => (isLocal(host) ? "either" : "https");
