/** `serve` over snapshots that it follows: over real sockets, under load, and with a registry that goes away. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { newKey, onStage, type SnapshotStage } from "../../support/snapshot-stage.ts";
import { origin, writtenMirror } from "../../support/temporary-mirror.ts";
import { runCli } from "../command-io.ts";
import { demoLayout } from "../demo-layout.ts";
import { head, linesOf, type Running, serving, statusOf, unready } from "../serving.ts";

const test = suite("cli/commands/serve-snapshots");
const demo = demoLayout();
// As the stage has it.
const now = "2026-11-30T06:00:00Z";
const web = "/v2/registry.example/shop/web";

/** A stage whose mirror has images, with its first snapshot pushed. */
const withImages = (act: (stage: SnapshotStage, files: Record<string, string>) => Promise<void>): Promise<void> =>
  onStage(async (stage) => {
    await runCli(["mirror", "add", "--store", stage.store, demo.folder, "--complete"]);
    await stage.push();
    const config = `${head}store: ${stage.replica}
listeners: [{ address: "127.0.0.1:0" }]
upstreams: [{ host: "${stage.registry.host}", plainHTTP: true }]
snapshot: { from: "${stage.place.text}", keys: [publisher.pub], interval: 1s }\n`;
    await act(stage, { "c.yaml": config, "publisher.pub": stage.signer.publicKey });
  });

interface Ready {
  readonly mirror: { readonly contentId: string; readonly sequence: number; readonly created: string };
}
const readyOf = async (url: string): Promise<Ready["mirror"]> =>
  ((await (await fetch(`${url}/readyz`)).json()) as Ready).mirror;
const switched = "a snapshot is read from now on";

test("the first snapshot is waited for; its content id is in /readyz and in the metrics", () =>
  withImages(async (stage, files) => {
    const { exit, err } = await serving(
      ["-c", "c.yaml"],
      async ({ urls: [url = ""] }) => {
        assert.is(await statusOf(`${url}${web}/manifests/signed`), 200);
        const { contentId, sequence } = await readyOf(url);
        assert.equal([contentId, sequence], [stage.read(), 1]);
        const metrics = await (await fetch(`${url}/metrics`)).text();
        assert.ok(metrics.includes(`sallyport_snapshot_info{content_id="${contentId}",sequence="1"} 1`));
        assert.ok(/^sallyport_snapshot_looks_total\{result="switched"\} 1$/m.test(metrics), metrics);
      },
      { files, now },
    );
    assert.is(exit, 0, err);
  }));

test("who is trusted because the first snapshot says so is told", () =>
  withImages(async (stage, files) => {
    const pinned = { kind: "key", name: "k8s://ns/name", bytes: encodeUtf8("ours") } as const;
    writtenMirror((mirror) => void mirror.writer().pin(pinned, origin), stage.store);
    await stage.push();
    const { exit, err } = await serving(
      ["-c", "c.yaml"],
      async ({ lines }) => {
        const [told] = lines().filter(({ taken }) => taken !== undefined);
        assert.equal([told?.level, told?.taken], ["warn", [`pin key k8s://ns/name ${digestOf(encodeUtf8("ours"))}`]]);
      },
      { files, now },
    );
    assert.is(exit, 0, err);
  }));

/** Asks without a pause until it is told to stop. Gives the statuses with their counts. */
function asking(urls: readonly string[], lanes: number) {
  const counts = new Map<number | string, number>();
  let isOver = false;
  const lane = async (): Promise<void> => {
    for (let index = 0; !isOver; index++) {
      const answer = await statusOf(urls[index % urls.length] ?? "").catch(String);
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
    }
  };
  const running = Array.from({ length: lanes }, lane);
  return async (): Promise<ReadonlyMap<number | string, number>> => {
    isOver = true;
    await Promise.all(running);
    return counts;
  };
}

test("snapshots are switched under load, and no request is lost", () =>
  withImages((stage, files) =>
    serving(
      ["-c", "c.yaml"],
      async (running: Running) => {
        const [url = ""] = running.urls;
        const names = ["signed", "foreign", "unsigned", demo.digests.signed];
        const stop = asking(
          names.map((name) => `${url}${web}/manifests/${name}`),
          8,
        );
        for (let count = 1; count <= 3; count++) {
          stage.change(`change ${count}`);
          await stage.push();
          await running.logged(switched, count);
          assert.is((await readyOf(url)).contentId, stage.read());
        }
        const counts = await stop();
        assert.equal([...counts.keys()], [200], JSON.stringify([...counts]));
        assert.ok((counts.get(200) ?? 0) > 100, `${counts.get(200)} requests`);
        assert.is((await readyOf(url)).sequence, 4);
        assert.equal(await unready(url), []);
      },
      { files, now },
    ).then(({ exit, err }) => assert.is(exit, 0, err)),
  ));

test("a registry that is down, moved back or signed by another changes nothing, and that is said", () =>
  withImages((stage, files) =>
    serving(
      ["-c", "c.yaml"],
      async (running) => {
        const [url = ""] = running.urls;
        const kept = "no snapshot was pulled: the present one stays";
        const stays = async (code: string, count: number): Promise<void> => {
          await running.logged(kept, count);
          const told = running.lines().filter(({ msg }) => msg === kept);
          assert.is(told.at(-1)?.code, code);
          assert.equal(await unready(url), [`snapshot ${code}`]);
          assert.is(await statusOf(`${url}${web}/manifests/signed`), 200);
        };
        const told = (): number => running.lines().filter(({ msg }) => msg === kept).length;
        stage.registry.instead = () => 403;
        await stays("access-denied", 1);
        stage.registry.instead = undefined;
        stage.change("second");
        await stage.push();
        await running.logged(switched, 1);
        stage.registry.tags.set("latest", stage.registry.tags.get("snapshot-1") ?? "");
        await stays("archive-sequence", told() + 1);
        stage.change("third");
        rmSync(join(stage.store, "published.json"));
        await stage.push({ signer: newKey().key });
        await stays("archive-signature", told() + 1);
        assert.is((await readyOf(url)).sequence, 2);
      },
      { files, now },
    ).then(({ exit, err }) => assert.is(exit, 0, err)),
  ));

test("a snapshot that pins another key is not followed before its digest is in the configuration", () =>
  withImages((stage, files) => {
    const pin = (text: string): void =>
      void writtenMirror(
        (mirror) => mirror.writer().pin({ kind: "key", name: "k8s://ns/name", bytes: encodeUtf8(text) }, origin),
        stage.store,
      );
    return serving(
      ["-c", "c.yaml"],
      async (running) => {
        const [url = ""] = running.urls;
        const kept = "no snapshot was pulled: the present one stays";
        pin("ours");
        await stage.push();
        await running.logged(switched, 1);
        pin("a stranger's");
        await stage.push();
        await running.logged(kept, 1);
        const told = running.lines().find(({ msg }) => msg === kept);
        const digest = digestOf(encodeUtf8("a stranger's"));
        assert.equal([told?.code, String(told?.error).includes(digest)], ["no-trust", true]);
        assert.equal([(await readyOf(url)).sequence, await unready(url)], [2, ["snapshot no-trust"]]);
        running.files["c.yaml"] = String(files["c.yaml"]).replace("interval", `acceptPins: ["${digest}"], interval`);
        running.send("SIGHUP");
        await running.logged(switched, 2);
        assert.equal([(await readyOf(url)).sequence, await unready(url)], [3, []]);
      },
      { files, now },
    ).then(({ exit, err }) => assert.is(exit, 0, err));
  }));

test("a configuration that is wrong does not hold a snapshot back; one that is pulled by a command is read too", () =>
  withImages((stage, files) =>
    serving(
      ["-c", "c.yaml", "--snapshot-interval", "1h"],
      async (running) => {
        const [url = ""] = running.urls;
        stage.change("second");
        await stage.push();
        running.files["c.yaml"] = `${files["c.yaml"]}logs: {}\n`;
        await stage.pull();
        await running.logged(switched, 1);
        assert.is((await readyOf(url)).sequence, 2);
        assert.equal(await unready(url), ["configuration invalid-config"]);
      },
      { files, now },
    ).then(({ exit, err }) => assert.is(exit, 0, err)),
  ));

test("without a snapshot nothing is served; with one the registry need not be there", () =>
  withImages(async (stage, files) => {
    const start = (more: Record<string, string> = {}) =>
      runCli(["serve", "-c", "c.yaml"], { files: { ...files, ...more }, now });
    const wrong = await start({ "publisher.pub": newKey().key.publicKey });
    assert.is(wrong.exit, 6, wrong.err);
    stage.registry.instead = () => 503;
    assert.is((await start()).exit, 5);
    stage.registry.instead = undefined;
    await stage.pull();
    stage.registry.instead = () => 503;
    const { exit, err } = await serving(
      ["-c", "c.yaml"],
      async ({ urls: [url = ""] }) => assert.is(await statusOf(`${url}${web}/manifests/signed`), 200),
      { files, now },
    );
    assert.is(exit, 0, err);
    assert.ok(linesOf(err).some(({ msg }) => msg === "serving"));
  }));

test("what does not go together is refused before anything is asked", () =>
  withImages(async (stage, files) => {
    const rows = [
      files["c.yaml"]?.replace("keys: [publisher.pub], ", ""),
      files["c.yaml"]?.replace("oci://", "https://"),
      files["c.yaml"]?.replace(/from: "[^"]*", /, ""),
      `${files["c.yaml"]}mode: online\n`,
    ];
    stage.registry.asked();
    for (const config of rows) {
      const { exit, err } = await runCli(["serve", "-c", "c.yaml"], { files: { ...files, "c.yaml": config ?? "" } });
      assert.is(exit, 2, err);
    }
    assert.equal(stage.registry.asked(), []);
  }));

test.run();
