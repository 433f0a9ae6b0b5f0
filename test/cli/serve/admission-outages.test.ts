/**
 * The table that Kyverno's documentation promises: with `failurePolicy: Ignore` a registry that is offline blocks no
 * Pod. What is no outage still does: a refused login, a certificate, a signature that is known not to be there.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { applyPatches } from "../../../core/kyverno/outcome/apply-patches.ts";
import { reviewOf } from "../../support/admission.ts";
import { pod } from "../../support/fixture-policies.ts";
import { isCodeIn, outageImages, outagePolicies, serveOutages } from "../../support/outages.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { head, serving } from "../serving.ts";

const test = suite("cli/serve/admission-outages");

const now = "2026-11-26T12:00:00Z";

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
  const servers = await serveOutages();
  const hosts = servers.map(({ host }) => host);
  const enforce = "validationFailureAction: Enforce";
  const files = {
    "sallyport.yaml":
      `${head}mode: online\nstore: ${tempFolder()}\nlisteners: [{ address: "127.0.0.1:0", serves: [admission] }]\n` +
      "policies: { folders: [strict.yaml, lenient.yaml] }\n" +
      `upstreams: ${JSON.stringify(hosts.map((host) => ({ host })))}\n`,
    "strict.yaml": outagePolicies("strict", hosts, enforce),
    "lenient.yaml": outagePolicies("lenient", hosts, `${enforce}\nfailurePolicy: Ignore`),
  };
  try {
    const { exit, err } = await serving(
      ["--config", "sallyport.yaml"],
      async ({ urls: [url = ""] }) => {
        const seen = await Promise.all(
          servers.flatMap(({ outage, host }) =>
            outageImages(outage, host).map(async ({ image }) => ({
              row: outage,
              image,
              lenient: await admit(url, "ignore", image),
              strict: await admit(url, "fail", image),
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
            assert.ok(isCodeIn(strict.message, code), said);
            assert.is(lenient.warnings.length, admitted ? 1 : 0, said);
            if (admitted) assert.ok(isCodeIn(lenient.warnings[0] ?? "", code), said);
          }
        }
      },
      { files, now },
    );
    assert.is(exit, 0, err);
  } finally {
    await Promise.all(servers.map(({ close }) => close()));
  }
});

test.run();
