/** Attacks by what other tools are said to have saved: each of their formats, with each lie that its form allows. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { defaultLimits } from "../../core/limits.ts";
import { addLayout } from "../../proxy/archive/add-layout.ts";
import { JoinedSource } from "../../proxy/archive/joined-source.ts";
import { openLayoutSource, openSource } from "../../proxy/archive/open-source.ts";
import { openRegistryStorage } from "../../proxy/archive/registry-storage.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { carriedDigest, carriedFolder } from "../support/carried.ts";
import { type TarMember, tarMember } from "../support/tar-member.ts";
import { temporaryFolder, temporaryMirror } from "../support/temporary-mirror.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("saved-archives");

const registry = "registry.corp:5000/ocp";
const repository = "registry.example/shop/app";
const limits = defaultLimits;

type Members = readonly TarMember[];

function membersOf(folder: string, at = ""): Members {
  return readdirSync(join(folder, at)).flatMap((name) => {
    const path = at === "" ? name : `${at}/${name}`;
    return statSync(join(folder, path)).isDirectory()
      ? membersOf(folder, path)
      : [{ name: path, body: new Uint8Array(readFileSync(join(folder, path))) }];
  });
}

const json = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));
const parsed = ({ body = new Uint8Array() }: TarMember) => JSON.parse(Buffer.from(body).toString("utf8"));

/** Each tool's archive of one image; Hauler and Zarf keep OCI layouts. */
const layout = membersOf(carriedFolder("oras.tar.gz"));
const tools: Readonly<Record<string, Members>> = {
  cosign: membersOf(carriedFolder("cosign-save.tar.gz")),
  "docker save": membersOf(carriedFolder("docker-save.tar.gz")),
  "docker-archive": membersOf(carriedFolder("skopeo-docker-archive.tar.gz")),
  hauler: layout.map((member) =>
    member.name === "index.json" ? { ...member, body: json(withMark(parsed(member))) } : member,
  ),
  zarf: [
    { name: "zarf.yaml", body: encodeUtf8("kind: ZarfPackageConfig\n") },
    ...membersOf(carriedFolder("skopeo-oci.tar.gz")).map((member) => ({ ...member, name: `images/${member.name}` })),
  ],
  "oc-mirror": membersOf(carriedFolder("mirror_000001.tar.gz")),
  oras: layout,
};

interface Index {
  readonly manifests: readonly { readonly digest: string; readonly annotations?: object }[];
}

function withMark(index: Index) {
  const marks = { "dev.hauler/kind": "dev.hauler/image", "io.containerd.image.name": `${repository}:1` };
  const manifests = index.manifests.map((one) =>
    one.digest === carriedDigest ? { ...one, annotations: { ...one.annotations, ...marks } } : one,
  );
  return { ...index, manifests };
}

const written = (members: Members): string => {
  const path = join(temporaryFolder(), "saved.tar");
  writeFileSync(path, Buffer.concat([...members.map(tarMember), Buffer.alloc(1024)]));
  return path;
};

const mirror = temporaryMirror();
/** Whatever was taken or refused, the mirror holds nothing that is not what its digest says. */
const staysWhole = (): void => assert.equal(mirror.inspect(nodeVerifier).damage, []);

/** `taken`, or the code. */
async function outcomeOf(tool: string, members: Members): Promise<string> {
  try {
    const source = await openLayoutSource(written(members), limits, tool === "oc-mirror" ? registry : undefined);
    try {
      addLayout(mirror, source, tool === "oras" || tool === "cosign" ? { repository, tag: "1" } : {});
      return "taken";
    } finally {
      source.close();
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error.code;
  }
}

/** No lie is a crash, and none of these is taken for what it is not. */
async function refuses(
  why: string,
  lie: (members: Members, tool: string) => Members | undefined,
  also: readonly string[] = [],
) {
  for (const [tool, members] of Object.entries(tools)) {
    const told = lie(members, tool);
    if (told === undefined) continue;
    const code = await outcomeOf(tool, told);
    assert.ok(["archive-corrupt", "over-limit", "malformed", ...also].includes(code), `${tool}, ${why}: ${code}`);
  }
}

/** Blobs by what their names say: the digest is in the path. */
const isBlob = ({ name }: TarMember): boolean =>
  /(?:^|\/)(?:sha256\/)?[0-9a-f]{64}(?:\/data|\.tar|\.json)?$/.test(name);
const blobsOf = (members: Members): Members => members.filter(isBlob);
const changedOne = (members: Members, which: (member: TarMember) => boolean, change: (one: TarMember) => TarMember) => {
  const at = members.findIndex(which);
  return at < 0 ? undefined : members.map((member, index) => (index === at ? change(member) : member));
};

attack(291, "each tool's archive as it is", async () => {
  for (const [tool, members] of Object.entries(tools)) assert.is(await outcomeOf(tool, members), "taken", tool);
  staysWhole();
});

attack(291, "a member that leads out of it: by dots, from the root, through a link or as a device", async () => {
  for (const name of ["../x", "/etc/x", "a/../../x", "./../x"])
    await refuses(name, (members) => [...members, { name, body: encodeUtf8("x") }]);
  for (const [type, link] of [
    ["2", "/etc/passwd"],
    ["2", "../../../../../../../../../etc/passwd"],
    ["1", "/etc/passwd"],
    ["1", "../secret"],
    ["3", ""],
    ["4", ""],
    ["6", ""],
  ] as const)
    await refuses(`${type} ${link}`, (members) => changedOne(members, isBlob, ({ name }) => ({ name, type, link })), [
      "invalid-usage",
    ]);
  staysWhole();
});

attack(
  291,
  "sizes in headers that reach past the end, and sizes of descriptors that are not those of the bytes",
  async () => {
    for (const size of ["77777777777", "00000777777"])
      await refuses(size, (members) => changedOne(members, isBlob, (one) => ({ ...one, size })), ["invalid-usage"]);
    for (const size of [0, 1, -1, 1e15, 1e30, 0.5, "12"])
      for (const tool of ["cosign", "oras", "hauler", "zarf"]) {
        const members = changedOne(
          tools[tool] ?? [],
          ({ name }) => name.endsWith("index.json"),
          (one) => {
            const index = parsed(one) as Index;
            return {
              ...one,
              body: json({ ...index, manifests: index.manifests.map((entry) => ({ ...entry, size })) }),
            };
          },
        );
        const code = await outcomeOf(tool, members ?? []);
        // One odd entry is left out and reported; no other bytes come in its place.
        assert.ok(
          ["archive-corrupt", "over-limit", "invalid-usage", "taken"].includes(code),
          `${tool} ${size}: ${code}`,
        );
      }
  },
);

attack(
  291,
  "a blob twice with two contents, changed, under another's name, or gone while the index names it",
  async () => {
    await refuses("twice", (members) => {
      const [one] = blobsOf(members);
      return one === undefined ? undefined : [...members, { ...one, body: encodeUtf8('{"another":1}') }];
    });
    await refuses("changed", (members) => {
      const blobs = blobsOf(members).filter(({ body = new Uint8Array() }) => body[0] === 0x7b);
      return members.map((one) => (blobs.includes(one) ? { ...one, body: encodeUtf8('{"schemaVersion":2}') } : one));
    });
    await refuses("swapped", (members) => {
      const blobs = blobsOf(members).filter(({ body = new Uint8Array() }) => body[0] === 0x7b);
      if (blobs.length < 2) return undefined;
      return members.map((one) => {
        const at = blobs.indexOf(one);
        return at < 0 ? one : { ...one, body: blobs[(at + 1) % blobs.length]?.body ?? new Uint8Array() };
      });
    });
    // What is not there is a question that stays open, or a refusal: it is never an absence.
    for (const [tool, members] of Object.entries(tools)) {
      const code = await outcomeOf(
        tool,
        members.filter((one) => !isBlob(one)),
      );
      assert.ok(["archive-corrupt", "archive-incomplete", "invalid-usage", "taken"].includes(code), `${tool}: ${code}`);
    }
  },
);

attack(291, "lists that are no lists, too deep or too long, and names that are none", async () => {
  const lists = /(?:^|\/)(?:index|manifest)\.json$/;
  const deep = encodeUtf8(`${"[".repeat(5000)}${"]".repeat(5000)}`);
  for (const [what, body] of [
    ["nothing", new Uint8Array()],
    ["no JSON", encodeUtf8("{")],
    ["null", encodeUtf8("null")],
    ["a list", encodeUtf8("[[]]")],
    ["deep", deep],
    ["no UTF-8", new Uint8Array([0xff, 0xfe, 0x7b])],
    ["twice the same member", encodeUtf8('{"schemaVersion":2,"manifests":[],"manifests":[1]}')],
    ["manifests that are none", json({ schemaVersion: 2, manifests: [null, 1, "x", [], { digest: "../../x" }] })],
    ["many", json({ schemaVersion: 2, manifests: Array.from({ length: limits.layoutEntries + 1 }, () => ({})) })],
    [
      "Docker's, with paths out of it",
      json([{ Config: "../../etc/passwd", Layers: ["/etc/passwd"], RepoTags: ["a:1"] }]),
    ],
    ["Docker's, with names that are none", json([{ Config: "x", Layers: [], RepoTags: ["../../a", "A B", "\u0000"] }])],
  ] as const)
    for (const [tool, members] of Object.entries(tools)) {
      if (tool === "oc-mirror") continue;
      const told = members.map((one) => (lists.test(one.name) ? { ...one, body } : one));
      const code = await outcomeOf(tool, told);
      const known = ["archive-corrupt", "over-limit", "malformed", "invalid-usage", "archive-incomplete", "taken"];
      assert.ok(known.includes(code), `${tool}, ${what}: ${code}`);
    }
  staysWhole();
});

attack(292, "two parts have one link with two digests, or one blob with two contents", async () => {
  const members = tools["oc-mirror"] ?? [];
  const joined = async (...parts: readonly Members[]): Promise<string> => {
    const sources = await Promise.all(parts.map((part) => openSource(written(part), limits)));
    const source = new JoinedSource(sources);
    try {
      addLayout(mirror, openRegistryStorage(source, registry, limits));
      return "taken";
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return error.code;
    } finally {
      source.close();
    }
  };
  const half = Math.floor(members.length / 2);
  assert.is(await joined(members.slice(0, half), members.slice(half)), "taken");
  assert.is(await joined(members, members), "taken", "the same part twice is the same");
  const [link] = members.filter(({ name }) => name.endsWith("/current/link"));
  assert.ok(link !== undefined);
  const other = encodeUtf8(digestOf(encodeUtf8("another")));
  // The first part that has it counts, in the order in which they were named, and its digest is what is verified.
  for (const parts of [
    [members, [{ ...link, body: other }]],
    [[{ ...link, body: other }], members],
  ] as const)
    assert.ok(["taken", "archive-corrupt"].includes(await joined(...parts)));
  const [blob] = blobsOf(members).filter(({ body = new Uint8Array() }) => body[0] === 0x7b);
  assert.ok(blob !== undefined);
  assert.is(await joined([{ ...blob, body: encodeUtf8("{}") }], members), "archive-corrupt");
  for (const body of ["sha256:../../x", "sha512:00", "", "x".repeat(100_000), `${"sha256:"}${"g".repeat(64)}`])
    assert.is(
      await joined(members.map((one) => (one === link ? { ...one, body: encodeUtf8(body) } : one))),
      body.length > 1000 ? "over-limit" : "archive-corrupt",
      body.slice(0, 20),
    );
  staysWhole();
});

run();
