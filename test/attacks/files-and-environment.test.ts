/**
 * Attacks by files, archives and the environment of the command line. Source: docs/attacks.md.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as assert from "uvu/assert";
import { entryKind, readFile } from "../../cli/file-system.ts";
import { defaultLimits } from "../../core/limits.ts";
import { EngineError } from "../../core/errors.ts";
import { openLayoutSource } from "../../proxy/archive/open-source.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { throwsCode } from "../support/assert.ts";
import { type TarMember, tarMember } from "../support/tar-member.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { runCli } from "../cli/command-io.ts";
import { type Json, policyFor, sign, type Signed } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab } from "./refuses.ts";

const { attack, run } = attackSuite("files-and-environment");

const signed: Signed = accepts({ layout: "tag" });
const folderOf = (one: Signed): string => {
  const folder = tempFolder();
  one.store.write(folder);
  return folder;
};

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const marker = { name: "oci-layout", body: text('{"imageLayoutVersion":"1.0.0"}') };
const index = { name: "index.json", body: text('{"schemaVersion":2,"manifests":[]}') };

/** What opening an archive of these members comes to. */
async function archive(members: readonly TarMember[], compress = false): Promise<string> {
  const file = join(tempFolder(), "layout.tar");
  const bytes = Buffer.concat([...members.map(tarMember), Buffer.alloc(1024)]);
  writeFileSync(file, compress ? gzipSync(bytes) : bytes);
  try {
    const source = await openLayoutSource(file, defaultLimits);
    openLayout(source, { limits: defaultLimits });
    source.close();
    return "opened";
  } catch (error) {
    assert.instance(error, EngineError, String(error));
    return (error as EngineError).code;
  }
}

attack(
  183,
  "members of an archive that are devices, pipes or links out of it, or that come through such a link",
  async () => {
    assert.is(await archive([marker, index]), "opened");
    for (const type of ["3", "4", "6"])
      assert.is(await archive([marker, { name: "index.json", type }, index]), "archive-corrupt", type);
    for (const [type, link] of [
      ["2", "/etc/passwd"],
      ["2", "../../etc/passwd"],
      ["1", "/etc/passwd"],
      ["1", "../secret"],
    ] as const)
      assert.match(
        await archive([marker, { name: "index.json", type, link }]),
        /^(?:archive-corrupt|invalid-usage)$/,
        link,
      );
    const through = [marker, { name: "blobs", type: "2", link: "/tmp" }, { name: "blobs/x", body: text("x") }, index];
    assert.match(await archive(through), /^(?:opened|archive-corrupt)$/);
  },
);

attack(184, "an archive's names with dots, roots, zero bytes or backslashes", async () => {
  for (const name of ["../index.json", "/index.json", "a/../../index.json", "./../x"])
    assert.is(await archive([marker, { name, body: text("x") }, index]), "archive-corrupt", name);
});

attack(185, "sizes in an archive's headers that are huge, negative, fractions or no numbers", async () => {
  const pax = (record: string) => {
    let length = record.length + 3;
    while (`${length} ${record}\n`.length !== length) length = `${length} ${record}\n`.length;
    return { name: "pax", type: "x", body: text(`${length} ${record}\n`) };
  };
  for (const members of [
    [marker, { ...index, size: "77777777777" }],
    [marker, { ...index, size: "-0000000001" }],
    [marker, { ...index, size: "\u0080\u0000\u0000\u0000\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff" }],
    [marker, pax("size=1e3"), index],
    [marker, pax("size=-1"), index],
    [marker, pax("size=99999999999999999999"), index],
    [marker, pax("size=0x10"), index],
    [marker, pax("mtime=1e300"), index],
    [marker, pax("path=../../x"), index],
  ])
    assert.match(
      await archive(members),
      /^(?:opened|archive-corrupt|invalid-usage|over-limit)$/,
      JSON.stringify(members[1]),
    );
  assert.is(await archive([marker, { ...index, size: "77777777777" }]), "archive-corrupt");
});

attack(186, "a compressed archive that grows without end", async () => {
  const file = join(tempFolder(), "bomb.tar.gz");
  writeFileSync(file, gzipSync(Buffer.alloc(20_000_000)));
  let code = "opened";
  try {
    (await openLayoutSource(file, { ...defaultLimits, layoutArchiveBytes: 1_000_000 })).close();
  } catch (error) {
    code = (error as EngineError).code;
  }
  assert.is(code, "over-limit");
});

attack(187, "pipes, devices and links out of a folder among policies, resources and keys", () => {
  const folder = tempFolder();
  assert.is(spawnSync("mkfifo", [join(folder, "pipe.yaml")]).status, 0);
  symlinkSync("/etc/passwd", join(folder, "passwd.yaml"));
  symlinkSync("/", join(folder, "root"));
  mkdirSync(join(folder, "inner"));
  symlinkSync("..", join(folder, "inner", "loop"));
  throwsCode("invalid-usage", () => readFile(join(folder, "pipe.yaml")));
  throwsCode("invalid-usage", () => readFile("/dev/zero"));
  throwsCode("invalid-usage", () => entryKind(folder, join(folder, "passwd.yaml")));
  assert.is(entryKind(folder, join(folder, "inner", "loop")), "none");
});

const command = (one: Signed, words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(
    ["verify", "--key", "key.pub", "--layout", folderOf(one), "--complete", ...words, `${one.repository}:${one.tag}`],
    {
      files: { "key.pub": lab.key().pem, "root.json": one.trustedRoot, "evil.json": one.trustedRoot },
      env,
      now: lab.now.toISOString(),
    },
  );

attack(188, "the environment turns off what is verified, or names another repository for signatures", async () => {
  const bare = sign(lab, { layout: "tag", change: { entries: () => [] } });
  assert.is((await command(signed, ["--trusted-root", "root.json"])).exit, 0);
  for (const env of [
    { COSIGN_EXPERIMENTAL: "1" },
    { SALLYPORT_INSECURE_IGNORE_TLOG: "1" },
    { INSECURE_IGNORE_TLOG: "1", SIGSTORE_NO_VERIFY: "1" },
    { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
  ])
    assert.is((await command(bare, ["--trusted-root", "root.json"], env)).exit, 5, JSON.stringify(env));
  // As in cosign, its own variable counts; what it changed is said.
  const told = await command(bare, ["--trusted-root", "root.json"], { COSIGN_INSECURE_IGNORE_TLOG: "true" });
  assert.match(told.err, "this result depends on the environment: COSIGN_INSECURE_IGNORE_TLOG");
  const elsewhere = await command(signed, ["--trusted-root", "root.json"], { COSIGN_REPOSITORY: "evil.example/sigs" });
  assert.not.equal(elsewhere.exit, 0);
});

attack(189, "a key in the environment or in a file stands for another that the policy names", async () => {
  const policy = policyFor(signed);
  const entry = (publicKeys: string): Json => {
    const made = structuredClone(policy);
    made.spec.rules[0].verifyImages[0].attestors = [
      { entries: [{ keys: { publicKeys, rekor: { ignoreTlog: true } } }] },
    ];
    return made;
  };
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "a" },
    spec: { containers: [{ name: "a", image: `${signed.repository}:${signed.tag}` }] },
  };
  const exitFor = async (publicKeys: string, env: Readonly<Record<string, string>>): Promise<number> =>
    (
      await runCli(["apply", "policy.yaml", "-r", "pod.yaml", "--layout", folderOf(signed), "--complete"], {
        files: { "policy.yaml": JSON.stringify(entry(publicKeys)), "pod.yaml": JSON.stringify(pod) },
        env,
        now: lab.now.toISOString(),
      })
    ).exit;
  assert.is(await exitFor("env://RELEASE", { RELEASE: lab.key().pem }), 0);
  for (const [name, env] of [
    ["env://RELEASE", {}],
    ["env://RELEASE", { RELEASE: "" }],
    ["env://RELEASE", { RELEASE: lab.key("mallory").pem }],
    ["env://RELEASE", { release: lab.key().pem }],
    ["k8s://ns/name", { RELEASE: lab.key().pem }],
    ["./none.pub", { RELEASE: lab.key().pem }],
  ] as const)
    assert.is(await exitFor(name, env), 1, name);
});

attack(190, "a flag behind the image, twice, with a value of another flag, or after two dashes", async () => {
  const verified = async (words: readonly string[]): Promise<number> => (await command(signed, words)).exit;
  for (const words of [
    ["--trusted-root", "root.json", "--key", "--insecure-ignore-tlog"],
    ["--trusted-root", "root.json", "--certificate-identity", "x"],
    ["--trusted-root", "root.json", "--", "--insecure-ignore-tlog"],
    ["--trusted-root=root.json", "--insecure-ignore-tlog=maybe"],
    ["--trusted-root", "root.json", "--insecure-ignore-tlogs"],
  ])
    assert.not.equal(await verified(words), 0, words.join(" "));
});

run();
