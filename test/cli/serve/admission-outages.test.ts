/**
 * The table that Kyverno's documentation promises: with `failurePolicy: Ignore` a registry that is offline blocks no
 * Pod. What is no outage still does: a refused login, a certificate, a signature that is known not to be there.
 */
import type { ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { applyPatches } from "../../../core/kyverno/outcome/apply-patches.ts";
import { reviewOf } from "../../support/admission.ts";
import { fixtureImage, fixtureKnowledge, testImages } from "../../support/fixture-images.ts";
import { pod, policyText } from "../../support/fixture-policies.ts";
import { serveKnowledge } from "../../support/knowledge-registry.ts";
import type { LoopbackServer } from "../../support/loopback-server.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { head, serving } from "../serving.ts";

const test = suite("cli/serve/admission-outages");

const now = "2026-11-26T12:00:00Z";
const { digest } = fixtureImage("signed");

/** What a registry does wrong, and what becomes of the Pod under Ignore: admitted with a code, or denied with one. */
interface Row {
  readonly what: "nothing" | "signature" | "tag" | "everything";
  /** A status; absent: no answer at all. */
  readonly status?: number;
  readonly admitted: boolean;
  readonly code: string | undefined;
}

/** A registry that fails is asked again, with pauses: on a slow machine the time ends before it is given up. */
const orLate = (code: string): readonly string[] => (code === "upstream-error" ? [code, "timed-out"] : [code]);
const names = (text: string, code: string): boolean =>
  orLate(code).some((one) => text.replaceAll(/\s+/g, " ").includes(`[${one}]`));

const rows: readonly Row[] = [
  { what: "nothing", admitted: true, code: undefined },
  { what: "signature", status: 401, admitted: false, code: "access-denied" },
  { what: "signature", status: 403, admitted: false, code: "access-denied" },
  { what: "signature", status: 404, admitted: false, code: "no-signature" },
  { what: "signature", status: 429, admitted: true, code: "rate-limited" },
  { what: "signature", status: 500, admitted: true, code: "upstream-error" },
  { what: "signature", status: 503, admitted: true, code: "upstream-error" },
  { what: "signature", admitted: true, code: "timed-out" },
  { what: "tag", status: 403, admitted: false, code: "access-denied" },
  { what: "tag", status: 404, admitted: false, code: "image-not-found" },
  { what: "tag", status: 429, admitted: true, code: "rate-limited" },
  { what: "tag", status: 503, admitted: true, code: "upstream-error" },
  { what: "everything", status: 503, admitted: true, code: "upstream-error" },
  { what: "everything", admitted: true, code: "timed-out" },
];

const isSignature = (path: string): boolean => /\/referrers\/|\/manifests\/sha256-/.test(path);
const isTag = (path: string): boolean => /\/manifests\/signed$/.test(path);

function isHit(what: Row["what"], path: string): boolean {
  if (what === "everything") return path !== "/v2/";
  return (what === "signature" && isSignature(path)) || (what === "tag" && isTag(path));
}

const registryOf = ({ what, status }: Row): Promise<LoopbackServer> =>
  serveKnowledge(fixtureKnowledge, () => testImages, {
    before: (path, response: ServerResponse) => {
      if (!isHit(what, path)) return false;
      if (status === undefined) return true;
      const body = JSON.stringify({
        errors: [{ code: status === 404 ? "MANIFEST_UNKNOWN" : "DENIED", message: "no" }],
      });
      response.writeHead(status, {
        "content-type": "application/json",
        ...(status === 429 ? { "retry-after": "60" } : {}),
      });
      response.end(response.req.method === "HEAD" ? undefined : body);
      return true;
    },
  });

interface Answer {
  /** As the API server stores it. */
  readonly object: JsonObject;
  readonly allowed: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
}

async function review(url: string, path: string, object: JsonObject): Promise<Answer> {
  const response = await fetch(`${url}${path}?timeout=10s`, { method: "POST", body: JSON.stringify(reviewOf(object)) });
  const { response: answer } = (await response.json()) as {
    readonly response: {
      allowed: boolean;
      patch?: string;
      warnings?: readonly string[];
      status?: { message: string };
    };
  };
  const patches = answer.patch === undefined ? [] : JSON.parse(Buffer.from(answer.patch, "base64").toString());
  return {
    object: applyPatches(object, patches),
    allowed: answer.allowed,
    message: answer.status?.message ?? "",
    warnings: answer.warnings ?? [],
  };
}

/** Through both webhooks, as an API server does it. */
async function admit(url: string, strictness: "fail" | "ignore", image: string): Promise<Answer> {
  const mutated = await review(url, `/mutate/${strictness}`, pod(image));
  if (!mutated.allowed) return mutated;
  const validated = await review(url, `/validate/${strictness}`, mutated.object);
  return { ...validated, warnings: [...new Set([...mutated.warnings, ...validated.warnings])] };
}

test("Ignore: outages are admitted with one warning that names the code; Fail denies all of them", async () => {
  const servers = await Promise.all(rows.map(registryOf));
  const closed = await serveKnowledge(fixtureKnowledge, () => testImages);
  await closed.close();
  const hosts = [...servers.map(({ url }) => new URL(url).host), new URL(closed.url).host, "nowhere.invalid"];
  const table: readonly Row[] = [
    ...rows,
    { what: "everything", admitted: true, code: "unreachable" },
    { what: "everything", admitted: true, code: "unreachable" },
  ];
  const enforce = "validationFailureAction: Enforce";
  const references = JSON.stringify(hosts.map((host) => `${host}/*`));
  const files = {
    "sallyport.yaml":
      `${head}mode: online\nstore: ${tempFolder()}\nlisteners: [{ address: "127.0.0.1:0", serves: [admission] }]\n` +
      "policies: { folders: [strict.yaml, lenient.yaml] }\n" +
      `upstreams: ${JSON.stringify(hosts.map((host) => ({ host })))}\n`,
    "strict.yaml": policyText({ name: "strict", spec: enforce, references }),
    "lenient.yaml": policyText({ name: "lenient", spec: `${enforce}\nfailurePolicy: Ignore`, references }),
  };
  try {
    const { exit, err } = await serving(
      ["--config", "sallyport.yaml"],
      async ({ urls: [url = ""] }) => {
        const seen = await Promise.all(
          table.flatMap((row, index) =>
            // By digest a tag is not asked for.
            [":signed", ...(row.what === "tag" ? [] : [`@${digest}`])].map(async (name) => ({
              row,
              image: `${hosts[index]}/app${name}`,
              lenient: await admit(url, "ignore", `${hosts[index]}/app${name}`),
              strict: await admit(url, "fail", `${hosts[index]}/app${name}`),
            })),
          ),
        );
        for (const { row, image, lenient, strict } of seen) {
          const { admitted, code } = row;
          const said = `${JSON.stringify(row)} ${image}\n${JSON.stringify({ lenient, strict }, null, 2)}`;
          assert.is(lenient.allowed, admitted, said);
          assert.is(strict.allowed, code === undefined, said);
          if (code === undefined) assert.equal([lenient.warnings, strict.warnings], [[], []], said);
          else {
            assert.ok(names(strict.message, code), said);
            assert.is(lenient.warnings.length, admitted ? 1 : 0, said);
            if (admitted) assert.ok(names(lenient.warnings[0] ?? "", code), said);
          }
        }
      },
      { files, now },
    );
    assert.is(exit, 0, err);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
});

test.run();
