import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { nodeVerifier } from "../../../../proxy/host/node-verifier.ts";
import { createTrustAsker } from "../../../../proxy/upstream/tuf/trust-asker.ts";
import { openTufMirror } from "../../../../proxy/upstream/tuf/fetch-files.ts";
import { makeTufRepository, type TufSource } from "../../../lab/tuf-repository.ts";
import { serveTuf } from "../../../support/tuf-server.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("proxy/upstream/tuf/trust-asker");

test("present with what was verified; unavailable with the code of what went wrong", async () => {
  const repository = makeTufRepository(encodeUtf8("{}"));
  const initialRoot = repository.served("root");
  const server = await serveTuf(repository.files);
  let held: TufSource | undefined;
  const ask = createTrustAsker({
    repositories: { lab: { mirror: openTufMirror(server.url), initialRoot } },
    held: (name) => (name === "lab" ? held : undefined),
    now: () => repository.now,
    verifier: nodeVerifier,
    limits: defaultLimits,
  });
  const at = repository.now.toISOString();
  try {
    const first = await ask("lab");
    assert.equal({ ...first, value: undefined }, { state: "present", value: undefined, at, from: server.url });
    held = first.state === "present" && first.value.form === "tuf" ? first.value : undefined;
    assert.equal(held?.floors, { root: "1", snapshot: "1", targets: "1", timestamp: "1" });
    server.asked();
    await ask("lab");
    assert.equal(server.asked(), ["2.root.json", "timestamp.json"]);
    repository.setVersion("timestamp", 0n);
    repository.publishRole("timestamp");
    assert.equal(await ask("lab"), { state: "unavailable", code: "malformed", at, from: server.url });
    for (const name of ["other", "toString"])
      assert.equal(await ask(name), { state: "unavailable", code: "no-trust", at, from: "configuration" });
  } finally {
    await server.close();
  }
  assert.equal(await ask("lab"), { state: "unavailable", code: "unreachable", at, from: server.url });
});

test.run();
