import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { SmallRegistry } from "../../support/small-registry.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { serveTuf } from "../../support/tuf-server.ts";
import { runCli } from "../command-io.ts";
import { serving, statusOf, unready } from "../serving.ts";

const test = suite("cli/serve/readiness");

test("/readyz says an old mirror, stale trust and another writer, and answers are given all the same", async () => {
  const registry = await new SmallRegistry().start();
  registry.addImage("app", "1", "an image");
  const tuf = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
  const tufServer = await serveTuf(tuf.files);
  const own = tempFolder();
  const day = "2026-11-02T00:00:00Z";
  const files = { "root.json": tuf.rootHistory[0] ?? new Uint8Array() };
  const update = ["--name", "corp", "--mirror", tufServer.url, "--root", "root.json", "--store", own];
  try {
    for (const words of [
      ["trust", "update", ...update],
      ["mirror", "sync", `${registry.host}/app:1`, "--store", own],
    ])
      assert.is((await runCli(words, { files, now: day })).exit, 0);
    const offline = ["--store", own, "--listen", "127.0.0.1:0", "--upstream", "a.io"];
    const at = (now: string) =>
      serving(
        offline,
        async ({ urls: [url = ""], lines }) => {
          assert.equal(lines().find(({ msg }) => msg === "mode offline: the upstreams are not dialled")?.upstreams, [
            "a.io",
          ]);
          found = await unready(url);
          assert.is(await statusOf(`${url}/v2/`), 200);
        },
        { now },
      );
    let found: readonly string[] = [];
    await at(day);
    assert.equal(found, []);
    await at("2028-06-01T00:00:00Z");
    assert.equal(found, ["age stale", "trust stale"]);
    await serving([...offline, "--online"], () => at(day).then(() => undefined), { now: day });
    assert.equal(found, ["writer mirror-busy"]);
  } finally {
    await registry.close();
    await tufServer.close();
  }
});

test.run();
