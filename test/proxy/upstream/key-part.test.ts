import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createKeyPart } from "../../../proxy/upstream/key-part.ts";
import type { Part } from "../../../proxy/upstream/route.ts";

const test = suite("proxy/upstream/key-part");
const { signal } = new AbortController();
const question = (reference: string) => ({ kind: "key", reference }) as const;
const source = (from: string): Part<"key"> => ({
  from: () => from,
  ask: () => Promise.resolve({ state: "absent", at: "2026-11-24T12:00:00.000Z", from }),
});

test("each reference to its source; without one it stays open", async () => {
  const [cluster, kms] = [source("cluster"), source("kms")];
  const askOf = async (part: Part<"key">, reference: string) => (await part.ask(question(reference), signal))?.from;
  const both = createKeyPart({ cluster, kms });
  assert.is(await askOf(both, "k8s://ns/name"), "cluster");
  assert.is(await askOf(both, "awskms:///alias/app"), "kms");
  assert.is(both.from(question("k8s://ns/name")), "cluster");
  assert.is(both.from(question("hashivault://app")), "kms");
  const alone = createKeyPart({ cluster: undefined, kms });
  assert.is(await askOf(alone, "k8s://ns/name"), undefined);
  assert.is(alone.from(question("k8s://ns/name")), "the configuration");
  assert.is(await askOf(createKeyPart({ cluster, kms: undefined }), "awskms:///alias/app"), undefined);
});

test.run();
