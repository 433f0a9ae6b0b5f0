/**
 * What registries do wrong, and what becomes of a Pod with an image of theirs that is signed, under
 * `failurePolicy: Ignore`. Source: docs/spec/outcomes.md#codes-that-ignore-overlooks.
 */
import { fixtureImage, fixtureKnowledge, testImages } from "./fixture-images.ts";
import { key, policyText } from "./fixture-policies.ts";
import { serveKnowledge } from "./knowledge-registry.ts";
import { tlsAuthority } from "./tls-identity.ts";

/** What a registry does wrong. By `what` it is asked for a signed image, or for one with an attestation. */
export interface Outage {
  readonly what: "nothing" | "signature" | "attestation" | "tag" | "everything" | "port" | "name" | "certificate";
  /** A status; absent: no answer at all. */
  readonly status?: number;
  /** Under Ignore. */
  readonly admitted: boolean;
  /** Of the warning or the denial. */
  readonly code: string | undefined;
}

const evidence = (what: "signature" | "attestation", absent: string): readonly Outage[] => [
  { what, status: 401, admitted: false, code: "access-denied" },
  { what, status: 403, admitted: false, code: "access-denied" },
  { what, status: 404, admitted: false, code: absent },
  { what, status: 429, admitted: true, code: "rate-limited" },
  { what, status: 500, admitted: true, code: "upstream-error" },
  { what, status: 503, admitted: true, code: "upstream-error" },
  { what, admitted: true, code: "timed-out" },
];

export const outages: readonly Outage[] = [
  { what: "nothing", admitted: true, code: undefined },
  ...evidence("signature", "no-signature"),
  ...evidence("attestation", "no-attestation"),
  { what: "tag", status: 403, admitted: false, code: "access-denied" },
  { what: "tag", status: 404, admitted: false, code: "image-not-found" },
  { what: "tag", status: 429, admitted: true, code: "rate-limited" },
  { what: "tag", status: 503, admitted: true, code: "upstream-error" },
  { what: "tag", admitted: true, code: "timed-out" },
  { what: "everything", status: 503, admitted: true, code: "upstream-error" },
  { what: "everything", admitted: true, code: "timed-out" },
  { what: "port", admitted: true, code: "unreachable" },
  { what: "name", admitted: true, code: "unreachable" },
  { what: "certificate", admitted: false, code: "tls-failure" },
];

/** For a person. */
export function outageText({ what, status }: Outage): string {
  if (what === "nothing") return "healthy";
  if (what === "port") return "connection refused";
  if (what === "name") return "no such host";
  if (what === "certificate") return "unknown authority";
  return `${what}: ${status ?? "no answer"}`;
}

/** A registry that fails is asked again, with pauses: on a slow machine the time ends before it is given up. */
export const isCodeIn = (text: string, code: string): boolean =>
  (code === "upstream-error" ? [code, "timed-out"] : [code]).some((one) =>
    text.replaceAll(/\s+/g, " ").includes(`[${one}]`),
  );

const attested = { repository: "registry.io/org/app", tag: "reviewed" };
const signed = { repository: testImages, tag: "signed" };
/** Repositories of the registries. */
export const outagePaths = { signed: "app", attested: "reviewed" } as const;

/** An image of a registry with this fault. By digest a tag is not asked for. */
export function outageImages(
  { what }: Outage,
  host: string,
): readonly { readonly by: string; readonly image: string }[] {
  const { repository, tag } = what === "attestation" ? attested : signed;
  const name = `${host}/${what === "attestation" ? outagePaths.attested : outagePaths.signed}`;
  const byDigest = { by: "digest", image: `${name}@${fixtureImage(tag, repository).digest}` };
  return [{ by: "tag", image: `${name}:${tag}` }, ...(what === "tag" ? [] : [byDigest])];
}

const isEvidence = (path: string): boolean => /\/referrers\/|\/manifests\/sha256-/.test(path);
const isTag = (path: string): boolean => /\/manifests\/(?:signed|reviewed)$/.test(path);

function isHit(what: Outage["what"], path: string): boolean {
  if (what === "everything") return path !== "/v2/";
  return ((what === "signature" || what === "attestation") && isEvidence(path)) || (what === "tag" && isTag(path));
}

export interface FailingRegistry {
  readonly outage: Outage;
  readonly host: string;
  readonly close: () => Promise<void>;
}

/** One registry of each fault, on loopback. */
export const serveOutages = (): Promise<readonly FailingRegistry[]> => Promise.all(outages.map(serveOutage));

async function serveOutage(outage: Outage): Promise<FailingRegistry> {
  const { what, status } = outage;
  if (what === "name") return { outage, host: "nowhere.invalid", close: () => Promise.resolve() };
  const repositoryOf = (path: string) => (path === outagePaths.attested ? attested.repository : signed.repository);
  const server = await serveKnowledge(fixtureKnowledge, repositoryOf, {
    ...(what === "certificate" ? { tls: await (await tlsAuthority("Nobody's Root")).issue(["127.0.0.1"]) } : {}),
    before(path, response) {
      if (!isHit(what, path)) return false;
      if (status === undefined) return true;
      const errors = [{ code: status === 404 ? "MANIFEST_UNKNOWN" : "DENIED", message: "no" }];
      response.writeHead(status, {
        "content-type": "application/json",
        ...(status === 429 ? { "retry-after": "60" } : {}),
      });
      response.end(response.req.method === "HEAD" ? undefined : JSON.stringify({ errors }));
      return true;
    },
  });
  if (what === "port") await server.close();
  const close = what === "port" ? () => Promise.resolve() : server.close;
  return { outage, host: new URL(server.url).host, close };
}

/** A policy for the signed images of these registries, and one for their images with an attestation. */
export function outagePolicies(name: string, hosts: readonly string[], spec: string): string {
  const referring = (path: string): string => JSON.stringify(hosts.map((host) => `${host}/${path}*`));
  const type = "https://example.com/CodeReview/v1";
  const attestors = `attestors:\n  - entries:\n    - keys:\n        ${key("a", 8)}`;
  return [
    policyText({ name, spec, references: referring(outagePaths.signed) }),
    policyText({
      name: `${name}-attested`,
      spec,
      references: referring(outagePaths.attested),
      entries: [],
      fields: `attestations:\n- type: ${type}\n  ${attestors}`,
    }),
  ].join("---\n");
}
