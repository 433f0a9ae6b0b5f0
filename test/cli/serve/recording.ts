/** A webhook over the mirror of the documentation that records what it decides, for tests. */
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { ourKey } from "../../support/archive-store.ts";
import { reviewOf } from "../../support/admission.ts";
import { image, pod, policyText } from "../../support/fixture-policies.ts";
import { runCli } from "../command-io.ts";
import { head } from "../serving.ts";

export const now = "2026-11-26T12:00:00Z";
const layout = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));

/** Fills a mirror. */
export async function fillStore(store: string): Promise<void> {
  const { exit, err } = await runCli(["mirror", "add", layout, "--complete=repository", "--store", store], { now });
  assert.is(exit, 0, err);
}

/** A configuration that records in `records`, and the files that it names. */
export const recordingFiles = (store: string, records: string): Record<string, string> => ({
  "sallyport.yaml":
    `${head}store: ${store}\npolicies: { folders: [policies] }\n` +
    'listeners: [{ address: "127.0.0.1:0", serves: [admission, health, metrics] }]\n' +
    `records: { folder: ${records}, key: recorder.key }\n`,
  "policies/a.yaml": policyText({ name: "strict" }),
  "policies/b.yaml": policyText({
    name: "lenient",
    spec: "validationFailureAction: Enforce\nfailurePolicy: Ignore",
    references: '["registry.example/*"]',
  }),
  "recorder.key": ourKey.pem,
});

/** Whether a Pod of an image of the documentation is let in. `more`: further metadata of it. */
export async function isAdmitted(url: string, path: string, name: string, more: JsonObject = {}): Promise<boolean> {
  const object = pod(image(name));
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(reviewOf({ ...object, metadata: { ...(object.metadata as JsonObject), ...more } })),
  });
  assert.is(response.status, 200);
  return ((await response.json()) as { readonly response: { readonly allowed: boolean } }).response.allowed;
}

/** How many records were written, and lost, by `/metrics`. */
export async function countsOf(url: string): Promise<{ readonly written: number; readonly lost: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const count = (result: string): number =>
    Number(new RegExp(`sallyport_records_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  return { written: count("written"), lost: count("lost") };
}

/** Once so many records were written or lost. */
export async function afterRecords(url: string, count: number): Promise<void> {
  for (let tries = 0; tries < 2000; tries++) {
    const { written, lost } = await countsOf(url);
    if (written + lost >= count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.unreachable(`${count} records are neither written nor lost`);
}
