/**
 * `npm run demo`: the main job in one go, offline. Images that cosign signed are brought into a mirror, the documentation's policies decide about Pods that use them,
 * and one decision is explained. Each step says what is expected of it, and the demo fails where that does not come true.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPrograms } from "./build.ts";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
const folder = join(root, ".demo");
const repository = "ghcr.io/kyverno/test-verify-image";

const podText = (name: string, image: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: default
spec:
  containers:
    - name: main
      image: ${image}
`;

const pods: Readonly<Record<string, string>> = {
  signed: `${repository}:signed`,
  unsigned: `${repository}:unsigned`,
  "signed-other": `${repository}:signed-by-someone-else`,
  "signed-cert": `${repository}:signed-cert`,
  "signed-keyless": `${repository}:signed-keyless`,
  skipped: "ghcr.io/trusted/tool:1",
  reviewed: "registry.io/org/app:reviewed",
  unreviewed: "registry.io/org/app:reviewed-by-nobody",
};

/** Writes everything that the steps need. */
function prepare(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "pods"), { recursive: true });
  mkdirSync(join(folder, "admitted"));
  const fixtures = join(root, "test/fixtures/documentation");
  for (const part of ["layout", "policies", "trust"]) cpSync(join(fixtures, part), join(folder, part), { recursive: true });
  for (const [name, image] of Object.entries(pods)) writeFileSync(join(folder, "pods", `${name}.yaml`), podText(name, image));
  flipOneBit();
}

/** A copy of the layout in which the signed image's signature payload differs in one bit. */
function flipOneBit(): void {
  cpSync(join(folder, "layout"), join(folder, "flipped"), { recursive: true });
  const index = JSON.parse(readFileSync(join(folder, "layout/index.json"), "utf8")) as {
    readonly manifests: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[];
  };
  const signed = index.manifests.find(({ annotations }) => annotations["org.opencontainers.image.ref.name"] === pods.signed)?.digest ?? "";
  const blobs = join(folder, "flipped/blobs/sha256");
  for (const name of readdirSync(blobs)) {
    const bytes = readFileSync(join(blobs, name));
    if (!bytes.includes(`"docker-manifest-digest":"${signed}"`)) continue;
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    writeFileSync(join(blobs, name), bytes);
  }
}

interface Step {
  readonly says: string;
  readonly words: readonly string[];
  readonly exit: number;
  /** What the answer must hold. */
  readonly shows?: readonly string[];
}

const policy = (name: string): string => `policies/${name}.yaml`;
const pod = (name: string): readonly string[] => ["-r", `pods/${name}.yaml`];

const steps: readonly Step[] = [
  {
    says: "Bring images that cosign signed into a mirror. The layout is complete, so what it lacks is known to be absent.",
    words: ["mirror", "add", "layout", "--complete"],
    exit: 0,
    shows: ["complete for"],
  },
  {
    says: "Whom to trust for keyless signatures: a trusted root, pinned.",
    words: ["trust", "import", "trust/v2-trusted-root.json"],
    exit: 0,
    shows: ["pinned public-good"],
  },
  { says: "What is there. Nothing is verified yet.", words: ["mirror", "ls"], exit: 0, shows: [`${repository}:signed`] },
  {
    says: "Signed by our key: admitted, and mutated to use the digest.",
    words: ["apply", policy("01-signature-by-key"), ...pod("signed"), "-o", "admitted"],
    exit: 0,
    shows: ["pass: 2, fail: 0"],
  },
  {
    says: "Not signed, and signed by someone else: denied, with the documentation's sentences.",
    words: ["apply", policy("01-signature-by-key"), ...pod("unsigned"), ...pod("signed-other")],
    exit: 1,
    shows: [`image verification failed for ${pods.unsigned}: signature not found`, `image verification failed for ${pods["signed-other"]}: invalid signature`],
  },
  {
    says: "Signed with a certificate of our own authority.",
    words: ["apply", policy("05-certificate-chain-only"), ...pod("signed-cert")],
    exit: 0,
    shows: ["pass: 2, fail: 0"],
  },
  {
    says: "Signed without a key: by an identity, proven by certificate, certificate log, transparency log and timestamp.",
    words: ["apply", policy("06-keyless"), ...pod("signed-keyless")],
    exit: 0,
    shows: ["pass: 2, fail: 0"],
  },
  {
    says: "A review of the code is attested, and its conditions hold; of the other image's review they do not.",
    words: ["apply", policy("03-attestation-code-review"), ...pod("reviewed"), ...pod("unreviewed")],
    exit: 1,
    shows: ["pass: 2, fail: 2", "[condition-failed]"],
  },
  {
    says: "Skipped references are excluded.",
    words: ["apply", policy("02-skip-image-references"), ...pod("skipped")],
    exit: 0,
    shows: ["skip: 2"],
  },
  {
    says: "Why: the evidence behind one decision, with times, and the policy line that asked for each check.",
    words: ["explain", `${repository}:signed-keyless`, "-p", policy("06-keyless")],
    exit: 0,
    shows: ["ALLOW", "ada@example.com", policy("06-keyless")],
  },
  {
    says: "The same by cosign's flags, by hand; signed by somebody else is exit code 12.",
    words: ["verify", "--key", "trust/a.pub", "--insecure-ignore-tlog", `${repository}:signed-by-someone-else`],
    exit: 12,
    shows: ["wrong-key"],
  },
  {
    says: "An image nobody ever asked about is unknown, which is not the same as unsigned.",
    words: ["verify", "--key", "trust/a.pub", "--insecure-ignore-tlog", "elsewhere.example/app:1"],
    exit: 5,
    shows: ["not-in-mirror"],
  },
  {
    says: "One bit of the signed payload flipped: damage is found where it is read.",
    words: ["verify", "--key", "trust/a.pub", "--insecure-ignore-tlog", "--layout", "flipped", "--complete", `${repository}:signed`],
    exit: 6,
    shows: ["archive-corrupt"],
  },
];

prepare();
await buildPrograms({ root, outdir: join(root, "dist") });
const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
const bold = (text: string): string => (colour ? `\u001b[1m${text}\u001b[22m` : text);
const { SALLYPORT_STORE: _, ...environment } = process.env;
let wrong = 0;

process.stdout.write("Everything below runs in .demo/ with SALLYPORT_STORE=mirror, and nothing is dialled.\n");
for (const { says, words, exit, shows = [] } of steps) {
  process.stdout.write(`\n${bold(`# ${says}`)}\n$ sallyport ${words.join(" ")}\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "dist/sallyport.mjs"), ...words], {
    cwd: folder,
    encoding: "utf8",
    env: { ...environment, SALLYPORT_STORE: "mirror", ...(colour ? { FORCE_COLOR: "1" } : {}) },
  });
  process.stdout.write(`${stdout.trim()}${stderr.trim() === "" ? "" : `\n${stderr.trim()}`}\n(exit ${status})\n`);
  if (words.includes("-o")) showPatched();
  const missing = shows.filter((text) => !`${stdout}${stderr}`.includes(text));
  if (status === exit && missing.length === 0) continue;
  wrong += 1;
  process.stdout.write(`expected exit ${exit}${missing.map((text) => `, and ${JSON.stringify(text)}`).join("")}\n`);
}

/** The admitted Pod's image, as the policy left it. */
function showPatched(): void {
  const [file = ""] = readdirSync(join(folder, "admitted"));
  const line = /image: .*@sha256:[0-9a-f]{64}/.exec(readFileSync(join(folder, "admitted", file), "utf8"))?.[0];
  if (line === undefined) wrong += 1;
  process.stdout.write(`admitted/${file}:\n      ${line ?? "the image was not mutated, and should be"}\n`);
}

process.stdout.write(
  `\n${bold(`${steps.length - wrong} of ${steps.length} steps as expected.`)} Policies, Pods, keys and the mirror are in .demo/; the program is dist/sallyport.mjs.\n`,
);
process.exitCode = wrong > 0 ? 1 : 0;
