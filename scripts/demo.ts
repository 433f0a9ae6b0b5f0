/** `npm run demo`: five minutes in one: signs an image, mirrors it, decides about it, shows why, and finds a flipped byte. Each step says what is expected of it, and the demo fails where that does not come true. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildPrograms } from "./build.ts";
import { ImageLayout, makeSigningKey } from "./demo-image.ts";

const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
const folder = join(root, ".demo");
const repository = "registry.example/shop/web";

const policyText = (publicPem: string): string => `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: shop-images
spec:
  validationFailureAction: Enforce
  rules:
    - name: signed-and-built-by-us
      match:
        any:
          - resources:
              kinds: [Pod]
      verifyImages:
        - imageReferences: ["${repository}*"]
          attestors:
            - entries:
                - keys:
                    publicKeys: |-
${publicPem.trim().replace(/^/gm, "                      ")}
                    rekor:
                      ignoreTlog: true
          attestations:
            - type: https://slsa.dev/provenance/v0.2
              attestors:
                - entries:
                    - keys:
                        publicKeys: |-
${publicPem.trim().replace(/^/gm, "                          ")}
                        rekor:
                          ignoreTlog: true
              conditions:
                - all:
                    - key: "{{ builder.id }}"
                      operator: Equals
                      value: https://builder.example/hosted
`;

const podText = (name: string, tag: string): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  namespace: shop
spec:
  containers:
    - name: web
      image: ${repository}:${tag}
`;

/** Writes everything that the steps need; returns the layout's folder. */
function prepare(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const ours = makeSigningKey();
  const theirs = makeSigningKey();
  const layout = new ImageLayout(join(folder, "layout"));
  const signed = layout.addImage(`${repository}:1.0`, "our program, version 1.0");
  const foreign = layout.addImage(`${repository}:1.1`, "somebody else's program");
  layout.addImage(`${repository}:1.2`, "our program, not signed yet");
  layout.addSignature(repository, signed, ours);
  layout.addAttestation(repository, signed, ours, "https://slsa.dev/provenance/v0.2", { builder: { id: "https://builder.example/hosted" } });
  layout.addSignature(repository, foreign, theirs);
  writeFileSync(join(folder, "ours.pub"), ours.publicPem);
  writeFileSync(join(folder, "policy.yaml"), policyText(ours.publicPem));
  for (const [name, tag] of [
    ["good", "1.0"],
    ["foreign", "1.1"],
    ["unsigned", "1.2"],
  ] as const)
    writeFileSync(join(folder, `${name}.yaml`), podText(name, tag));
  flipOneByte(signed);
}

/** A copy of the layout in which the signed image's signature payload differs in one bit. */
function flipOneByte(digest: string): void {
  cpSync(join(folder, "layout"), join(folder, "flipped"), { recursive: true });
  const blobs = join(folder, "flipped", "blobs", "sha256");
  for (const name of readdirSync(blobs)) {
    const bytes = readFileSync(join(blobs, name));
    if (!bytes.includes(`"docker-manifest-digest":"${digest}"`)) continue;
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    writeFileSync(join(blobs, name), bytes);
  }
}

interface Step {
  readonly says: string;
  readonly words: readonly string[];
  readonly exit: number;
}

const steps: readonly Step[] = [
  {
    says: "Bring an OCI layout into the mirror. It is complete, so what it lacks is known to be absent.",
    words: ["mirror", "add", "layout", "--store", "mirror", "--complete"],
    exit: 0,
  },
  { says: "What is there; nothing is verified yet.", words: ["mirror", "ls", "--store", "mirror"], exit: 0 },
  {
    says: "Verify by key, with cosign's flags. Nothing is dialled.",
    words: ["verify", "--key", "ours.pub", "--insecure-ignore-tlog", "--store", "mirror", "--offline", `${repository}:1.0`],
    exit: 0,
  },
  {
    says: "Signed by somebody else: exit code 12, as cosign.",
    words: ["verify", "--key", "ours.pub", "--insecure-ignore-tlog", "--store", "mirror", `${repository}:1.1`],
    exit: 12,
  },
  {
    says: "A Kyverno policy, read unchanged: key, provenance and its builder hold.",
    words: ["apply", "policy.yaml", "-r", "good.yaml", "--store", "mirror"],
    exit: 0,
  },
  {
    says: "The same policy on images that do not hold.",
    words: ["apply", "policy.yaml", "-r", "foreign.yaml", "-r", "unsigned.yaml", "--store", "mirror"],
    exit: 1,
  },
  {
    says: "Why: the evidence, with the policy line that asked for each check.",
    words: ["explain", `${repository}:1.0`, `${repository}:1.1`, "-p", "policy.yaml", "--store", "mirror"],
    exit: 1,
  },
  {
    says: "An image nobody ever asked about is unknown, which is not the same as unsigned.",
    words: ["verify", "--key", "ours.pub", "--insecure-ignore-tlog", "--store", "mirror", "elsewhere.example/app:1"],
    exit: 5,
  },
  {
    says: "One bit of the signed payload flipped: damage is found where it is read.",
    words: ["verify", "--key", "ours.pub", "--insecure-ignore-tlog", "--layout", "flipped", "--complete", `${repository}:1.0`],
    exit: 6,
  },
];

prepare();
await buildPrograms({ root, outdir: join(root, "dist") });
let wrong = 0;
for (const { says, words, exit } of steps) {
  process.stdout.write(`\n# ${says}\n$ sallyport ${words.join(" ")}\n`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "dist", "sallyport.mjs"), ...words], { cwd: folder, encoding: "utf8" });
  process.stdout.write(`${stdout}${stderr}(exit ${status})\n`);
  if (status === exit) continue;
  wrong += 1;
  process.stdout.write(`expected exit ${exit}\n`);
}
process.stdout.write(`\n${steps.length - wrong} of ${steps.length} steps as expected; everything is in .demo/\n`);
process.exitCode = wrong > 0 ? 1 : 0;
