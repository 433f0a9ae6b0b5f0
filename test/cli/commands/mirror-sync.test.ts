import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { makeTufRepository } from "../../lab/tuf-repository.ts";
import { fixtureBytes } from "../../support/fixture-images.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { serveTuf } from "../../support/tuf-server.ts";
import { reading } from "../../support/temporary-mirror.ts";
import { runCli, type TestRun, type TestWorld } from "../command-io.ts";
import { podFor, policyFor } from "../demo-policy.ts";
import { addSigned, contents, key, listOf, repository, reportOf, statuses, withLab } from "./sync-lab.ts";

const test = suite("cli/commands/mirror-sync");
test("the first sync copies, the second fetches nothing, and the far side decides without a network", () =>
  withLab(async (lab) => {
    for (const tag of ["1", "2"]) addSigned(lab, tag);
    const first = await lab.sync(lab.here("1"), lab.here("2"), "--require-covered");
    assert.is(first.exit, 0, first.err);
    assert.match(first.err, `copied ${lab.here("1")}, `);
    assert.match(first.out, "2 images: 2 copied, 0 exist, 0 resumed, 0 absent, 0 failed; 0 drifted\n");
    assert.match(first.out, "2 of 2 images covered");
    for (const line of `${first.out}${first.err}`.split("\n")) assert.ok(line.length <= 80, line);
    lab.registry.asked();
    const second = await lab.sync(lab.here("1"), lab.here("2"), "-o", "json");
    assert.equal([second.exit, ...statuses(second)], [0, "exists", "exists"]);
    assert.equal(contents(lab.registry.asked()), []);
    await lab.registry.close();
    const applied = await lab.run(["apply", "policy.yaml", "-r", "pod.yaml", "--store", lab.store], {
      "pod.yaml": podFor("app", lab.here("1"), lab.here("2")),
    });
    assert.is(applied.exit, 0, applied.out);
  }));

test("what a first sync did not get is fetched by the next, and only that", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    lab.registry.meddle = (path, _, response) => {
      if (!path.includes("/blobs/")) return false;
      response.writeHead(403).end();
      return true;
    };
    const first = await lab.sync(lab.here("1"), "-o", "json");
    assert.equal([first.exit, ...statuses(first)], [4, "failed"]);
    lab.registry.meddle = () => false;
    lab.registry.asked();
    const second = await lab.sync(lab.here("1"), "-o", "json");
    assert.equal([second.exit, ...statuses(second)], [0, "resumed"]);
    assert.is(contents(lab.registry.asked()).length, 1);
  }));

test("a tag that moved is said, and a tag that is gone is not in the mirror any more", () =>
  withLab(async (lab) => {
    const before = addSigned(lab, "1");
    await lab.sync(lab.here("1"));
    const after = lab.registry.addImage(repository, "1", "other content");
    const moved = await lab.sync(lab.here("1"), "-o", "json");
    assert.equal(reportOf(moved).images[0]?.drifted, { before, after });
    assert.match(moved.err, `drifted ${lab.here("1")}: ${before.slice(7, 19)} -> ${after.slice(7, 19)}`);
    lab.registry.removeTag(repository, "1");
    const gone = await lab.sync(lab.here("1"), "-o", "json");
    assert.equal([gone.exit, ...statuses(gone)], [11, "absent"]);
    assert.equal(reportOf(gone).images[0]?.drifted, { before: after });
  }));

test("a tag that never moves is asked once", () =>
  withLab(async (lab) => {
    const digest = addSigned(lab, "1");
    const files = {
      "list.yaml": listOf(`image: "${lab.here("1")}", refresh: never`),
    };
    const words = ["mirror", "sync", "--store", lab.store, "-f", "list.yaml"];
    assert.is((await lab.run(words, files)).exit, 0);
    lab.registry.asked();
    assert.is((await lab.run(words, files)).exit, 0);
    const asked = lab.registry.asked();
    assert.not.ok(asked.includes(`HEAD /v2/${repository}/manifests/1`));
    assert.ok(asked.includes(`GET /v2/${repository}/manifests/${digest.replace(":", "-")}.sig`));
  }));

test("a tag that moves during a sync is one image in it", () =>
  withLab(async (lab) => {
    const before = addSigned(lab, "1");
    lab.registry.meddle = (path) => {
      // After the tag was read, it names something else.
      if (path.endsWith(".sig")) lab.registry.addImage(repository, "1", "moved");
      return false;
    };
    const run = await lab.sync(lab.here("1"), "-o", "json");
    assert.equal([run.exit, reportOf(run).images[0]?.digest], [0, before]);
    assert.is(reportOf(run).images[0]?.coverage.decision, "pass");
  }));

test("signatures on platforms, on SBOMs and on signatures come along; children: false leaves platforms out", () =>
  withLab(async (lab) => {
    const [index, first, second] = lab.registry.addIndex(repository, "1", ["amd64", "arm64"]);
    for (const digest of [index, first as typeof index]) lab.registry.sign(repository, digest, key);
    const sbom = lab.registry.attach(repository, index, "application/spdx+json", "the SBOM");
    const signature = lab.registry.sign(repository, sbom, key);
    const onSignature = lab.registry.sign(repository, signature, key);
    await lab.sync(lab.here("1"));
    const has = (digest: string, store = lab.store): boolean =>
      reading(store, (mirror) => {
        const place = { kind: "manifest", repository: `${lab.registry.host}/${repository}`, digest } as const;
        return mirror.knowledge().answer(place as never)?.state === "present";
      });
    for (const digest of [index, first, second, sbom, signature, onSignature]) assert.ok(has(digest ?? ""), digest);
    const store = tempFolder();
    const list = listOf(`image: "${lab.here("1")}", children: false`);
    await lab.run(["mirror", "sync", "--store", store, "-f", "list.yaml"], { "list.yaml": list });
    assert.equal([has(index, store), has(first ?? "", store)], [true, false]);
  }));

test("coverage: what the policies refuse is red unless the list expects it; what is missing ends with 5", () =>
  withLab(async (lab) => {
    lab.registry.addImage(repository, "1", "nobody signs it");
    const entry = (more: string): TestWorld["files"] => ({
      "list.yaml": listOf(`image: "${lab.here("1")}"${more}`),
    });
    const words = ["mirror", "sync", "--store", lab.store, "--policies", "policy.yaml", "-f", "list.yaml"];
    const red = await lab.run([...words, "--require-covered"], entry(""));
    assert.is(red.exit, 1);
    assert.match(red.out, /fail\s+no-signature/);
    const expected = await lab.run([...words, "--require-covered"], entry(", expect: unsigned"));
    assert.is(expected.exit, 0, expected.out);
    assert.match(expected.out, "unsigned, as the list says");
    assert.is((await lab.run(words, entry(""))).exit, 0);
    const pinned = policyFor(key.pem, { images: `${lab.registry.host}/*` }).replace(
      /publicKeys: \|-\n(?: +.*\n)+? +-----END PUBLIC KEY-----/,
      "publicKeys: k8s://ns/key",
    );
    addSigned(lab, "1");
    const missing = await lab.run([...words, "--require-covered", "-o", "json"], {
      ...entry(""),
      "policy.yaml": pinned,
    });
    assert.is(missing.exit, 5, missing.out);
    assert.equal(reportOf(missing).images[0]?.coverage.missing, ["key k8s://ns/key"]);
  }));

test("a dry run writes nothing, fetches no blob, and says what it would fetch", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const store = `${tempFolder()}/none`;
    const run = await lab.run([
      ...["mirror", "sync", "--store", store, "--policies", "policy.yaml", "--dry-run", "-o", "json", lab.here("1")],
    ]);
    assert.equal([run.exit, ...statuses(run)], [0, "wanted"]);
    assert.equal(
      lab.registry.asked().filter((line) => line.includes("/blobs/")),
      [],
    );
    const { wanted } = reportOf(run);
    assert.is(wanted?.questions.length, 1);
    assert.ok((wanted?.bytes ?? 0) > 100 && (wanted?.bytes ?? 0) < 1000);
    assert.throws(() => reading(store, () => undefined), /no mirror/);
  }));

test("--complete claims images of which everything was answered, and no other", () =>
  withLab(async (lab) => {
    const good = addSigned(lab, "good");
    const bad = addSigned(lab, "bad");
    lab.registry.meddle = (path, _, response) => {
      if (!path.includes(`${bad.replace(":", "-")}.sig`)) return false;
      response.writeHead(403).end();
      return true;
    };
    const run = await lab.sync(lab.here("good"), lab.here("bad"), "--complete", "-o", "json");
    assert.is(run.exit, 7);
    const { complete, withheld } = reportOf(run);
    assert.equal(
      complete.map(({ scope }) => scope),
      [`${lab.registry.host}/${repository}@${good}`],
    );
    assert.is(withheld.length, 1);
    assert.equal(
      reading(lab.store, (mirror) =>
        mirror
          .knowledge()
          .allClaims()
          .map(({ scope }) => scope),
      ),
      [`${lab.registry.host}/${repository}@${good}`],
    );
  }));

test("--complete=repository claims a repository when all of its tags were taken and answered", () =>
  withLab(async (lab) => {
    for (const tag of ["1", "2"]) addSigned(lab, tag);
    const scope = `${lab.registry.host}/${repository}`;
    const part = reportOf(await lab.sync(lab.here("1"), "--complete=repository", "-o", "json"));
    assert.equal(part.complete, []);
    assert.match(part.withheld[0]?.why ?? "", "2 of its 4 tags are not in the list");
    const list = listOf(`image: "${scope}", tags: all`);
    const words = ["mirror", "sync", "--store", lab.store, "-f", "list.yaml", "--complete=repository", "-o", "json"];
    const whole = await lab.run(words, { "list.yaml": list });
    assert.equal([whole.exit, reportOf(whole).complete.map((claim) => claim.scope)], [0, [scope]], whole.err);
    lab.registry.meddle = (path, _, response) => {
      if (!path.includes("/tags/list")) return false;
      response.writeHead(500).end();
      return true;
    };
    const unlisted = await lab.run([...words, "--failure-policy", "Ignore"], { "list.yaml": list });
    assert.equal([unlisted.exit, ...statuses(unlisted)], [0, "exists", "exists"]);
    assert.equal(reportOf(unlisted).complete, []);
  }));

test("--with-layers brings configurations and layers, each once, and not what is wrong", () =>
  withLab(async (lab) => {
    for (const tag of ["1", "2"]) lab.registry.addImage(repository, tag, "the same layer");
    const digest = digestOf(encodeUtf8("the same layer"));
    const size = (): number | undefined => reading(lab.store, (mirror) => mirror.layers.size(digest));
    const words = [lab.here("1"), lab.here("2"), "--with-layers", "-o", "json"];
    lab.registry.meddle = (path, _, response) => {
      if (!path.endsWith(digest)) return false;
      response.end("another layer!");
      return true;
    };
    const wrong = await lab.sync(...words);
    assert.equal([wrong.exit, ...statuses(wrong), size()], [5, "failed", "failed", undefined]);
    lab.registry.meddle = () => false;
    lab.registry.asked();
    const right = await lab.sync(...words);
    assert.equal([right.exit, size()], [0, 14], right.err);
    assert.is(lab.registry.asked().filter((line) => line.endsWith(digest)).length, 1);
    assert.equal(statuses(await lab.sync(...words)), ["exists", "exists"]);
  }));

test("trust that came by TUF is refreshed in every sync; a pinned root is not asked for", () =>
  withLab(async (lab) => {
    lab.registry.addImage(repository, "1", "an image");
    const tuf = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
    tuf.addTarget("rekor.pub", Buffer.from("one"));
    tuf.publish();
    const server = await serveTuf(tuf.files);
    const store = ["--store", lab.store];
    const files = {
      "root.json": tuf.rootHistory[0] ?? new Uint8Array(),
      "pinned.json": fixtureBytes("trust/trusted-root.json"),
    };
    const timed = (words: readonly string[]) => runCli(words, { files, now: "2026-11-02T00:00:00Z" });
    try {
      const update = ["trust", "update", "--name", "corp", "--mirror", server.url, "--root", "root.json", ...store];
      assert.is((await timed(update)).exit, 0);
      server.asked();
      assert.is((await timed(["mirror", "sync", ...store, lab.here("1")])).exit, 0);
      assert.ok(server.asked().some((path) => path.startsWith("timestamp")));
      tuf.addTarget("rekor.pub", Buffer.from("two"));
      tuf.addTarget("gone.pub", Buffer.from("nobody has it"));
      tuf.publish();
      for (const path of tuf.files.keys()) if (path.endsWith("gone.pub")) tuf.files.delete(path);
      const second = await timed(["mirror", "sync", ...store, lab.here("1")]);
      assert.is(second.exit, 0);
      assert.match(second.err, /warning: corp: a target that its repository lists is not mirrored/);
      const others = reading(lab.store, (mirror) => mirror.knowledge().tufTarget("corp", "rekor.pub"));
      assert.is(Buffer.from(others ?? []).toString(), "two");
      server.asked();
      const pin = ["trust", "import", "pinned.json", "--name", "corp", ...store];
      assert.is((await timed(pin)).exit, 0);
      assert.is((await timed(["mirror", "sync", ...store, lab.here("1")])).exit, 0);
      assert.equal(server.asked(), []);
    } finally {
      await server.close();
    }
  }));

test("events are JSON, one a line", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const { err } = await lab.sync(lab.here("1"), "--events");
    const events = err
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as JsonObject);
    assert.equal(
      events.map(({ event }) => event),
      ["started", "image"],
    );
    const [, { image = {} } = {}] = events;
    assert.is((image as JsonObject).status, "copied");
  }));

test("usage: --offline, no images, no mirror, and numbers that are none", () =>
  withLab(async (lab) => {
    for (const words of [
      ["--offline", lab.here("1")],
      [],
      ["--concurrency", "0", lab.here("1")],
      ["--rate", "fast", lab.here("1")],
      ["--rate", "0", lab.here("1")],
      ["--interval", "soon", lab.here("1")],
      ["--interval", "1h", "--dry-run", lab.here("1")],
      ["no reference!"],
    ]) {
      const run = await lab.sync(...words);
      assert.is(run.exit, 2, words.join(" "));
    }
    assert.is((await lab.run(["mirror", "sync", lab.here("1")])).exit, 2);
    assert.equal(lab.registry.asked(), []);
  }));

test("a second sync at the same time is told that the mirror is busy", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    let second: Promise<TestRun> | undefined;
    lab.registry.meddle = (path, _, response) => {
      if (second !== undefined || !path.endsWith("/manifests/1")) return false;
      second = lab.sync(lab.here("1"));
      // The first one goes on when the second has ended: it asks again.
      void second.finally(() => response.writeHead(503).end());
      return true;
    };
    assert.is((await lab.sync(lab.here("1"))).exit, 0);
    const busy = await second;
    assert.is(busy?.exit, 6);
    assert.match(busy?.err ?? "", "mirror-busy");
  }));

test("--interval goes on until it is told to end, and ends with 0", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    let rounds = 0;
    let end = (): void => undefined;
    lab.registry.meddle = (path) => {
      if (path.endsWith("/manifests/1") && ++rounds === 2) end();
      return false;
    };
    const run = await runCli(["mirror", "sync", "--store", lab.store, "--interval", "1s", lab.here("1")], {
      signals: (act) => {
        end = () => act("SIGTERM");
      },
    });
    assert.equal([run.exit, rounds >= 2], [0, true]);
  }));

test("cosign's variables for registries count as they do for verify", () =>
  withLab(async (lab) => {
    addSigned(lab, "1");
    const login = `Basic ${btoa("ada:secret")}`;
    lab.registry.meddle = (path, request, response) => {
      if (path.startsWith("/v2/") && request.headers.authorization === login) return false;
      response.writeHead(401, { "www-authenticate": "Basic realm=test" }).end();
      return true;
    };
    const words = ["mirror", "sync", "--store", lab.store, lab.here("1")];
    const denied = await runCli(words);
    assert.is(denied.exit, 4, denied.err);
    const read = await runCli(words, { env: { COSIGN_REGISTRY_USERNAME: "ada", COSIGN_REGISTRY_PASSWORD: "secret" } });
    assert.is(read.exit, 0, `${read.out}${read.err}`);
  }));

test("an argument takes what a line of a list takes", () =>
  withLab(async (lab) => {
    for (const tag of ["zz1", "zz2", "other"]) addSigned(lab, tag);
    const all = await lab.sync(lab.here("zz*"), `${lab.here("other")} refresh=never`, "-o", "json");
    assert.is(all.exit, 0, all.err);
    const names = reportOf(all).images.map(({ image }) => image);
    assert.equal(names.toSorted(), [lab.here("other"), lab.here("zz1"), lab.here("zz2")]);
    const wrong = await lab.sync(`${lab.registry.host}/*/app:1`);
    assert.is(wrong.exit, 2);
    assert.match(wrong.err.replace(/\s+/g, " "), "only a tag can be a pattern");
  }));

test.run();
