/** Attacks by a registry of snapshots that lies while it is read, and by the disk that snapshots are put on. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError, type ErrorCode } from "../../core/errors.ts";
import { rejectsCode } from "../support/assert.ts";
import { askRegistries, type Reply } from "../support/registry-server.ts";
import { behind, newKey, onStage, publicKeyOf, type SnapshotStage } from "../support/snapshot-stage.ts";
import { origin, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";
import { skipped } from "../support/vectors.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("snapshot-registries");

/** Nothing of it is read, and what was there is; afterwards the honest one is taken. */
async function refused(stage: SnapshotStage, codes: readonly ErrorCode[], why: string): Promise<void> {
  const before = stage.read();
  // A host that failed is not asked again for a while: each lie is told to somebody who has not heard it.
  const registry = askRegistries();
  try {
    await stage.pull({ registry });
    throw new Error(`${why}: it was taken`);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    assert.ok(codes.includes(error.code), `${why}: ${error.code} ${error.message}`);
  } finally {
    await registry.close();
  }
  assert.is(stage.read(), before, why);
  assert.equal(
    readdirSync(join(stage.replica, "snapshots")).filter((name) => name.endsWith(".new")),
    [],
    why,
  );
}

const strange = encodeUtf8("a stranger's");
const pinned = (name: string, bytes: Uint8Array, store: string): string =>
  writtenMirror((mirror) => void mirror.writer().pin({ kind: "key", name, bytes }, origin), store);

attack(287, "an empty folder, while digests are approved", () =>
  onStage(async (stage) => {
    const own = encodeUtf8("a key");
    pinned("k8s://ns/name", own, stage.store);
    await stage.push();
    const acceptPins = [digestOf(own)];
    const empty = () => stage.pull({ store: temporaryFolder(), acceptPins });
    assert.equal(
      (await empty()).taken.map(({ name }) => name),
      ["k8s://ns/name"],
    );
    pinned("k8s://ns/name", strange, stage.store);
    await stage.push();
    await rejectsCode("no-trust", empty);
    pinned("k8s://ns/name", own, stage.store);
    pinned("k8s://ns/other", strange, stage.store);
    await stage.push();
    await rejectsCode("no-trust", empty);
    const both = await stage.pull({ store: temporaryFolder(), acceptPins: [...acceptPins, digestOf(strange)] });
    assert.is(both.taken.length, 2);
    // Nobody approved anything yet: it is a first use, and what was taken is told.
    assert.is((await stage.pull({ store: temporaryFolder() })).taken.length, 2);
  }),
);

attack(287, "the file that is here is damaged, so that there is nothing to compare with", () =>
  onStage(async (stage) => {
    const own = encodeUtf8("a key");
    pinned("k8s://ns/name", own, stage.store);
    await stage.push();
    const { snapshot } = await stage.pull();
    pinned("k8s://ns/name", strange, stage.store);
    await stage.push();
    await rejectsCode("no-trust", () => stage.pull());
    const file = join(stage.replica, "snapshots", snapshot.file);
    chmodSync(file, 0o600);
    writeFileSync(file, "no database");
    await rejectsCode("no-trust", () => stage.pull({ acceptPins: [digestOf(own)] }));
    const taken = await stage.pull({ acceptPins: [digestOf(strange)] });
    assert.equal(
      taken.taken.map(({ digest }) => digest),
      [digestOf(strange)],
    );
  }),
);

attack(288, "manifests that are another's, older, cut short, empty or endless", () =>
  behind(async (stage) => {
    const { manifests, tags } = stage.registry;
    const latest = tags.get("latest") ?? "";
    const bytesOf = (digest: string): string => manifests.get(digest)?.bytes.toString("utf8") ?? "";
    const whole = bytesOf(latest);
    const statement = [...manifests].find(([, { bytes }]) => JSON.parse(bytes.toString()).subject?.digest === latest);
    const old = tags.get("snapshot-1") ?? "";
    const lies: Readonly<Record<string, (digest: string) => Reply>> = {
      "the older one under the digest of the newest": (digest) => ({
        headers: { "docker-content-digest": digest, "content-type": "application/vnd.oci.image.manifest.v1+json" },
        body: bytesOf(old),
      }),
      "cut short": () => ({ body: whole.slice(0, -20) }),
      empty: () => ({ body: "" }),
      "one space more": () => ({ body: `${whole} ` }),
      "no JSON": () => ({ body: "<html>" }),
      "with twice the length that is sent": (): Reply => (_, response) => {
        response.writeHead(200, { "content-length": String(2 * whole.length) });
        response.write(whole, () => response.destroy());
      },
      endless: (): Reply => (_, response) => {
        response.writeHead(200, {});
        const more = (): void => {
          if (!response.destroyed) response.write("x".repeat(65_536), more);
        };
        more();
      },
    };
    const codes = ["archive-corrupt", "upstream-error", "malformed", "unreachable", "over-limit"] as const;
    for (const digest of [latest, statement?.[0] ?? ""])
      for (const [name, lie] of Object.entries(lies)) {
        stage.registry.instead = (line) =>
          line.startsWith("GET") && line.endsWith(`/manifests/${digest}`) ? lie(digest) : undefined;
        await refused(
          stage,
          [...codes, "archive-signature"],
          `${digest === latest ? "snapshot" : "statement"}, ${name}`,
        );
      }
    stage.registry.instead = undefined;
    assert.is((await stage.pull()).snapshot.sequence, 2);
  }),
);

attack(288, "lists of referrers that are another's, cut short, empty, endless or of strangers", () =>
  behind(async (stage) => {
    const stranger = newKey().key;
    const list = (manifestsOf: readonly object[]): Reply => ({
      headers: { "content-type": "application/vnd.oci.image.index.v1+json" },
      body: JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: manifestsOf,
      }),
    });
    const { manifests, tags } = stage.registry;
    const statements = [...manifests].filter(([, { bytes }]) => JSON.parse(bytes.toString()).subject !== undefined);
    const row = ([digest, { bytes, mediaType }]: (typeof statements)[number]) => ({
      mediaType,
      digest,
      size: bytes.length,
      artifactType: JSON.parse(bytes.toString()).artifactType,
    });
    const old = statements.filter(
      ([, { bytes }]) => JSON.parse(bytes.toString()).subject.digest === tags.get("snapshot-1"),
    );
    const many = Array.from({ length: 5000 }, (_, index) => ({
      ...row(statements[0] as (typeof statements)[number]),
      digest: digestOf(encodeUtf8(`nobody ${index}`)),
    }));
    const lies: Readonly<Record<string, Reply>> = {
      empty: list([]),
      "the statement of the one before": list(old.map(row)),
      "thousands that are not there": list(many),
      "cut short": { body: '{"schemaVersion":2,"manifests":[' },
      "digests that are none": list([{ mediaType: "a/b", digest: "../../etc/passwd", size: 1 }]),
      "sizes that are none": list(statements.map((one) => ({ ...row(one), size: -1 }))),
      refused: 403,
    };
    const codes: readonly ErrorCode[] = [
      "archive-signature",
      "archive-corrupt",
      "upstream-error",
      "over-limit",
      "malformed",
      "access-denied",
      "image-not-found",
    ];
    for (const [name, lie] of Object.entries(lies)) {
      let asked = 0;
      stage.registry.instead = (line) => {
        asked += 1;
        return line.includes("/referrers/") ? lie : undefined;
      };
      await refused(stage, codes, name);
      assert.ok(asked < 300, `${name}: ${asked} requests`);
    }
    stage.registry.instead = undefined;
    await stage.push({ signer: stranger });
    await refused(stage, ["archive-signature"], "a stranger's");
    assert.is((await stage.pull({ keys: [publicKeyOf(stage.signer), publicKeyOf(stranger)] })).snapshot.sequence, 3);
  }),
);

attack(289, "to another snapshot before each request of a pull", () =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    const first = stage.read();
    stage.change("second");
    const second = (await stage.push()).statement.contentId;
    stage.change("third");
    const third = (await stage.push()).statement.contentId;
    const { tags } = stage.registry;
    const digests = [2, 3].map((sequence) => tags.get(`snapshot-${sequence}`) ?? "");
    for (let at = 0, isOver = false; !isOver; at++) {
      let requests = 0;
      tags.set("latest", digests[0] ?? "");
      stage.registry.instead = () => {
        if (requests++ === at) tags.set("latest", digests[1] ?? "");
        return undefined;
      };
      const store = temporaryFolder();
      const brought = await stage.pull({ store });
      // It is wholly the one or the other; the file is the one that was signed for its number.
      assert.is(brought.snapshot.contentId, brought.snapshot.sequence === 2 ? second : third, `request ${at}`);
      isOver = at >= requests;
      assert.ok(at < 100);
    }
    stage.registry.instead = undefined;
    assert.is(stage.read(), first);
  }),
);

attack(290, "each thing in the folder that a switch writes is in its way", () =>
  behind(async (stage) => {
    const at = (name: string): string => join(stage.replica, name);
    const inTheWay: Readonly<Record<string, readonly [() => void, () => void]>> = {
      "a file in the place of the folder of snapshots": [
        () => {
          renameSync(at("snapshots"), at("aside"));
          writeFileSync(at("snapshots"), "");
        },
        () => {
          rmSync(at("snapshots"));
          renameSync(at("aside"), at("snapshots"));
        },
      ],
      "a folder where the next pointer is written": [
        () => mkdirSync(at("snapshot.json.new")),
        () => rmSync(at("snapshot.json.new"), { recursive: true }),
      ],
    };
    for (const [name, [make, unmake]] of Object.entries(inTheWay)) {
      make();
      try {
        await stage.pull();
        assert.unreachable(name);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        assert.ok(["mirror-busy", "invalid-usage", "mirror-corrupt"].includes(error.code), `${name}: ${error.code}`);
      } finally {
        unmake();
      }
      assert.is(stage.read().length, 71, name);
    }
    // What does not belong there is taken away, and does not undo what was switched.
    mkdirSync(at("snapshots/0-a.db"));
    writeFileSync(at("snapshots/0-a.db/file"), "");
    assert.is((await stage.pull()).snapshot.sequence, 2);
    assert.equal(readdirSync(at("snapshots")).length, 2);
  }),
);

const folder = temporaryFolder();
const inNamespace = (words: readonly string[]) => spawnSync("unshare", ["-rm", ...words], { encoding: "utf8" });
const program = fileURLToPath(new URL("../kills/read-only-pull.ts", import.meta.url));

// A disk that is full at any write: test/proxy/snapshot/kill.test.ts.
if (inNamespace(["mount", "-t", "tmpfs", "tmpfs", folder]).status === 0)
  attack(290, "the disk is made read-only before any request of a pull", () => {
    const { stdout, stderr } = inNamespace([process.execPath, "--import", "tsx", program, folder]);
    assert.is(stderr, "");
    const { codes, faults } = JSON.parse(stdout) as { readonly codes: object; readonly faults: readonly string[] };
    assert.equal(faults, []);
    assert.equal(Object.keys(codes), ["invalid-usage"]);
  });
else skipped("attacks/snapshot-registries", 1, "no tmpfs can be mounted in a namespace of one's own");

run();
