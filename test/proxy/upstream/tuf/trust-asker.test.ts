import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { nodeVerifier } from "../../../../proxy/host/node-verifier.ts";
import { createTrustAsker } from "../../../../proxy/upstream/tuf/trust-asker.ts";
import { quickTufMirror } from "../../../support/quick-fetcher.ts";
import { makeTufRepository, type TufSource } from "../../../lab/tuf-repository.ts";
import { rejectsCode } from "../../../support/assert.ts";
import { serveTuf } from "../../../support/tuf-server.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("proxy/upstream/tuf/trust-asker");

test("present with what was verified; what goes wrong keeps its code", async () => {
  const repository = makeTufRepository(encodeUtf8("{}"));
  const initialRoot = repository.served("root");
  const server = await serveTuf(repository.files);
  let held: TufSource | undefined;
  const part = createTrustAsker({
    repositories: { lab: { mirror: quickTufMirror(server.url), initialRoot } },
    held: (name) => (name === "lab" ? held : undefined),
    now: () => repository.now,
    verifier: nodeVerifier,
    limits: defaultLimits,
  });
  const signal = new AbortController().signal;
  const ask = (name: string) => part.ask({ kind: "trusted-root", name }, signal);
  const at = repository.now.toISOString();
  try {
    const first = await ask("lab");
    assert.equal({ ...first, value: undefined }, { state: "present", value: undefined, at, from: server.url });
    assert.is(part.from({ kind: "trusted-root", name: "lab" }), server.url);
    held = first?.state === "present" && first.value.form === "tuf" ? first.value : undefined;
    assert.equal(held?.floors, { root: "1", snapshot: "1", targets: "1", timestamp: "1" });
    server.asked();
    await ask("lab");
    assert.equal(server.asked(), ["2.root.json", "timestamp.json"]);
    repository.setVersion("timestamp", 0n);
    repository.publishRole("timestamp");
    await rejectsCode("malformed", () => ask("lab"));
    for (const name of ["other", "toString"]) {
      await rejectsCode("no-trust", () => ask(name));
      assert.is(part.from({ kind: "trusted-root", name }), "the configuration");
    }
  } finally {
    await server.close();
  }
  await rejectsCode("unreachable", () => ask("lab"));
});

test.run();
