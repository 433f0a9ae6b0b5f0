import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { withHeldFloors } from "../../../../core/tuf/held-floors.ts";
import { trustInitialRoot } from "../../../../core/tuf/update-root.ts";
import { nodeVerifier } from "../../../../proxy/host/node-verifier.ts";
import { quickTufMirror } from "../../../support/quick-fetcher.ts";
import {
  fetchTarget,
  type HeldRoles,
  lookUpTarget,
  quoteRole,
  refresh,
} from "../../../../proxy/upstream/tuf/update.ts";
import {
  makeTufRepository,
  type TufRepository,
  type TufRepositoryOptions,
  TufRepository as Repository,
} from "../../../lab/tuf-repository.ts";
import { rejectsCode } from "../../../support/assert.ts";
import type { LoopbackServer } from "../../../support/loopback-server.ts";
import { serveTuf } from "../../../support/tuf-server.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("proxy/upstream/tuf/update");
const target = encodeUtf8("{}");
const day = 86_400_000;

/** A client that keeps its metadata in memory, as one of a folder does between its runs. */
class Client implements HeldRoles {
  readonly roles = new Map<string, Uint8Array>();
  readonly server: LoopbackServer;
  now: Date;

  constructor(server: LoopbackServer, root: Uint8Array, now: Date) {
    this.server = server;
    this.now = now;
    this.roles.set("root", root);
  }

  read(role: string): Uint8Array | undefined {
    return this.roles.get(role);
  }
  write(role: string, bytes: Uint8Array): void {
    this.roles.set(role, bytes);
  }
  remove(role: string): void {
    this.roles.delete(role);
  }

  get update() {
    return { mirror: quickTufMirror(this.server.url), held: this, now: this.now };
  }

  async refresh() {
    const root = trustInitialRoot(this.roles.get("root") as Uint8Array, nodeVerifier, defaultLimits);
    return refresh(
      withHeldFloors(root, { timestamp: this.read("timestamp"), snapshot: this.read("snapshot") }),
      this.update,
    );
  }

  async download(path: string) {
    const { set, target: found } = await lookUpTarget(await this.refresh(), path, this.update);
    return fetchTarget(set, found, quickTufMirror(`${this.server.url}/targets`), defaultLimits.blobBytes);
  }

  /** The versions that are held. */
  get versions(): Readonly<Record<string, number>> {
    return Object.fromEntries(
      [...this.roles].map(([role, bytes]) => [
        role,
        (JSON.parse(Buffer.from(bytes).toString()) as { signed: { version: number } }).signed.version,
      ]),
    );
  }
}

async function withClient(
  run: (repository: TufRepository, client: Client) => Promise<void>,
  options: TufRepositoryOptions = {},
): Promise<void> {
  const repository = makeTufRepository(target, options);
  const server = await serveTuf(repository.files);
  try {
    await run(repository, new Client(server, repository.rootHistory[0] as Uint8Array, repository.now));
  } finally {
    await server.close();
  }
}

const meta = (repository: TufRepository, role: string) =>
  repository.signed(role).meta as Record<string, { version: bigint }>;

for (const consistentSnapshot of [true, false])
  test(`a first update, one of nothing new, and one of something: consistent snapshots ${consistentSnapshot}`, () =>
    withClient(
      async (repository, client) => {
        const name = (role: string, version: number) =>
          consistentSnapshot ? `${version}.${role}.json` : `${role}.json`;
        await client.refresh();
        assert.equal(client.server.asked(), ["2.root.json", "timestamp.json", name("snapshot", 1), name("targets", 1)]);
        for (const role of ["root", "timestamp", "snapshot", "targets"])
          assert.equal(client.read(role), repository.served(role), `${role} is kept as served`);
        await client.refresh();
        assert.equal(client.server.asked(), ["2.root.json", "timestamp.json"]);
        repository.publish();
        repository.publishRoot();
        await client.refresh();
        assert.equal(client.server.asked(), [
          "2.root.json",
          "3.root.json",
          "timestamp.json",
          name("snapshot", 2),
          name("targets", 2),
        ]);
        assert.equal(client.versions, { root: 2, timestamp: 2, snapshot: 2, targets: 2 });
      },
      { consistentSnapshot },
    ));

test("a timestamp alone that is new leaves the others as they are", () =>
  withClient(async (repository, client) => {
    await client.refresh();
    client.server.asked();
    repository.setVersion("timestamp", 2n);
    repository.publishRole("timestamp");
    await client.refresh();
    assert.equal(client.server.asked(), ["2.root.json", "timestamp.json"]);
    assert.is(client.versions.timestamp, 2);
  }));

test("another timestamp of the version that is held does not replace it", () =>
  withClient(async (repository, client) => {
    await client.refresh();
    const held = client.read("timestamp");
    repository.setExpiry("timestamp", new Date(repository.now.getTime() + day));
    repository.publishRole("timestamp");
    await client.refresh();
    assert.is(client.read("timestamp"), held);
  }));

test("every root of a chain is taken, each signed by the one before; a gap ends it", () =>
  withClient(async (repository, client) => {
    const before = repository.draft("root").signers;
    repository.setKeys("root", [repository.key("new-1"), repository.key("new-2")], 2);
    repository.publishRoot(before);
    for (let version = 3; version <= 6; version++) repository.publishRoot();
    repository.files.delete("5.root.json");
    await client.refresh();
    assert.is(client.versions.root, 4);
  }));

test("a root in between may have expired, the last one may not", () =>
  withClient(async (repository, client) => {
    repository.setExpiry("root", new Date(repository.now.getTime() - day));
    repository.publishRoot();
    await rejectsCode("stale", () => client.refresh());
    assert.equal(client.versions, { root: 2 }, "the root is kept, nothing is verified with it");
    repository.setExpiry("root", new Date(repository.now.getTime() + day));
    repository.publishRoot();
    await client.refresh();
    assert.is(client.versions.root, 3);
  }));

test("a root that is not signed, or is another version than its name says, is not taken", () =>
  withClient(async (repository, client) => {
    repository.publishRoot();
    const good = repository.files.get("2.root.json") as Uint8Array;
    for (const [bytes, code] of [
      [repository.rootHistory[0] as Uint8Array, "rollback"],
      [encodeUtf8("{}"), "malformed"],
      [new Uint8Array(512_001), "over-limit"],
    ] as const) {
      repository.files.set("2.root.json", bytes);
      await rejectsCode(code, () => client.refresh());
      assert.equal(client.versions, { root: 1 });
    }
    repository.setVersion("root", 2n);
    repository.publishRoot();
    repository.files.set("2.root.json", repository.served("root"));
    await rejectsCode("malformed", () => client.refresh());
    repository.files.set("2.root.json", good);
    await client.refresh();
  }));

test("expired roles are refused, and what was held stays", async () => {
  for (const [role, kept] of [
    ["timestamp", { timestamp: 1, snapshot: 1, targets: 1 }],
    ["snapshot", { timestamp: 2, snapshot: 1, targets: 1 }],
    ["targets", { timestamp: 2, snapshot: 2, targets: 1 }],
  ] as const)
    await withClient(async (repository, client) => {
      await client.refresh();
      repository.setExpiry(role, new Date(repository.now.getTime() - day));
      repository.publish();
      await rejectsCode("stale", () => client.refresh());
      assert.equal(client.versions, { root: 1, ...kept });
    });
});

test("what is held may have expired; it still says what was seen", () =>
  withClient(async (repository, client) => {
    repository.publish();
    repository.publish();
    await client.refresh();
    client.now = new Date(repository.now.getTime() + 400 * day);
    for (const role of ["root", "timestamp", "snapshot", "targets"])
      repository.setExpiry(role, new Date(repository.now.getTime() + 800 * day));
    repository.publishRoot();
    repository.setVersion("timestamp", 1n);
    repository.publish();
    await rejectsCode("rollback", () => client.refresh());
    repository.publish();
    await client.refresh();
  }));

test("no role goes back: timestamp, snapshot, targets, and what the timestamp says of the snapshot", async () => {
  const steps: Readonly<Record<string, (repository: TufRepository) => void>> = {
    timestamp: (repository) => repository.setVersion("timestamp", 0n),
    snapshot: (repository) => repository.setVersion("snapshot", 0n),
    targets: (repository) => repository.setVersion("targets", 0n),
  };
  for (const [role, step] of Object.entries(steps))
    await withClient(async (repository, client) => {
      repository.publish();
      await client.refresh();
      step(repository);
      repository.publish({ hashes: false });
      await rejectsCode("rollback", () => client.refresh());
      assert.is(client.versions[role], 2);
    });
});

test("a delegated role does not go back, nor vanish, even where its metadata was never fetched", () =>
  withClient(async (repository, client) => {
    repository.delegate("targets", "role", { paths: ["x/*"] });
    repository.publish();
    repository.publish();
    await client.refresh();
    repository.setVersion("role", 0n);
    repository.publish();
    await rejectsCode("rollback", () => client.refresh());
    repository.setVersion("role", 5n);
    delete (meta(repository, "snapshot") as Record<string, unknown>)["role.json"];
    repository.roles.delete("role");
    repository.publish();
    await rejectsCode("rollback", () => client.refresh());
  }));

test("a repository recovers from versions that are too high by rotating keys", () =>
  withClient(async (repository, client) => {
    repository.setVersion("timestamp", 1_000_000n);
    repository.setVersion("snapshot", 1_000_000n);
    repository.publish();
    await client.refresh();
    repository.setVersion("timestamp", 1n);
    repository.setVersion("snapshot", 1n);
    repository.publish();
    await rejectsCode("rollback", () => client.refresh());
    repository.setKeys("timestamp", [repository.key("new timestamp")]);
    repository.setKeys("snapshot", [repository.key("new snapshot")]);
    repository.publishRoot();
    repository.publish();
    await client.refresh();
    assert.equal([client.versions.timestamp, client.versions.snapshot], [3, 3]);
  }));

test("keys of a role that are rotated away sign no more", () =>
  withClient(async (repository, client) => {
    await client.refresh();
    repository.setKeys("timestamp", [repository.key("new timestamp")]);
    repository.publishRoot();
    repository.publish({ signers: { timestamp: [repository.key("timestamp")] } });
    await rejectsCode("bad-threshold", () => client.refresh());
    repository.publish();
    await client.refresh();
  }));

test("bytes that are not the listed ones are refused, and so is what is not there", async () => {
  for (const [name, code, spoil] of [
    [
      "another snapshot",
      "malformed",
      (repository: TufRepository) =>
        repository.files.set("2.snapshot.json", repository.files.get("1.snapshot.json") as Uint8Array),
    ],
    [
      "longer targets",
      "over-limit",
      (repository: TufRepository) => repository.files.set("2.targets.json", new Uint8Array(100_000)),
    ],
    ["no targets", "no-trust", (repository: TufRepository) => repository.files.delete("2.targets.json")],
    ["no timestamp", "no-trust", (repository: TufRepository) => repository.files.delete("timestamp.json")],
  ] as const)
    await withClient(async (repository, client) => {
      await client.refresh();
      repository.publish();
      spoil(repository);
      await rejectsCode(code, () => client.refresh()).catch((error: unknown) => {
        throw new Error(name, { cause: error });
      });
      assert.is(client.versions.targets, 1);
    });
});

test("targets, also of delegated roles and below folders; whatever a role is called", async () => {
  for (const role of ["role", "a/b", "../up", "?x=#y", "ü ", "%2e", "."])
    await withClient(async (repository, client) => {
      repository.delegate("targets", role, { paths: ["dir/*"] });
      repository.addTarget("dir/file name.txt", target, role);
      repository.publish();
      assert.equal(await client.download("dir/file name.txt"), target);
      assert.ok(client.server.asked().includes(`2.${quoteRole(role)}.json`));
      await client.download("dir/file name.txt");
      assert.not.ok(client.server.asked().includes(`2.${quoteRole(role)}.json`), "what is held is not fetched");
    });
});

test("a target that is not what is listed, not there, or nobody's", () =>
  withClient(async (repository, client) => {
    assert.equal(await client.download("trusted_root.json"), target);
    const [name] = [...repository.files.keys()].filter((path) => path.startsWith("targets/")) as [string];
    repository.files.set(name, encodeUtf8("{ "));
    await rejectsCode("malformed", () => client.download("trusted_root.json"));
    repository.files.set(name, encodeUtf8("{}  "));
    await rejectsCode("over-limit", () => client.download("trusted_root.json"));
    repository.files.delete(name);
    await rejectsCode("no-trust", () => client.download("trusted_root.json"));
    await rejectsCode("no-trust", () => client.download("nobody's"));
    await rejectsCode("malformed", () => client.download("../trusted_root.json"));
  }));

test("a large target is not read", async () => {
  const repository = new Repository();
  repository.addTarget("big", new Uint8Array(1000));
  repository.publishRoot();
  repository.publish();
  const server = await serveTuf(repository.files);
  try {
    const client = new Client(server, repository.served("root"), repository.now);
    const { set, target: found } = await lookUpTarget(await client.refresh(), "big", client.update);
    await rejectsCode("over-limit", () => fetchTarget(set, found, quickTufMirror(`${server.url}/targets`), 999));
  } finally {
    await server.close();
  }
});

test("an outage in the middle leaves what was verified", () =>
  withClient(async (repository, client) => {
    await client.refresh();
    repository.publish();
    await client.server.close();
    await rejectsCode("unreachable", () => client.refresh());
    assert.equal(client.versions, { root: 1, timestamp: 1, snapshot: 1, targets: 1 });
  }));

test.run();
