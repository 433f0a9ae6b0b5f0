/**
 * The folder in which the demo runs: the documentation's layout, policies and trust, Pods that use the images, and a
 * copy of the layout that was tampered with.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const verifyImage = (tag: string): string => `ghcr.io/kyverno/test-verify-image:${tag}`;

/** Pod → image. */
export const podImages = {
  signed: verifyImage("signed"),
  unsigned: verifyImage("unsigned"),
  "signed-other": verifyImage("signed-by-someone-else"),
  "signed-cert": verifyImage("signed-cert"),
  "signed-keyless": verifyImage("signed-keyless"),
  release: "ghcr.io/acme/app:v1.2.0",
  skipped: "ghcr.io/trusted/tool:1",
  reviewed: "registry.io/org/app:reviewed",
  unreviewed: "registry.io/org/app:reviewed-by-nobody",
} as const;

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

const pipelineRun = `apiVersion: tekton.dev/v1beta1
kind: PipelineRun
metadata:
  name: build
  namespace: default
spec:
  pipelineRef:
    name: main
    bundle: registry.io/tekton/pipeline:2
`;

/** Makes the folder from scratch. `root` is the repository's. */
export function makeDemoFolder(root: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "pods"), { recursive: true });
  mkdirSync(join(folder, "admitted"));
  const fixtures = join(root, "test/fixtures/documentation");
  for (const part of ["layout", "trust"]) cpSync(join(fixtures, part), join(folder, part), { recursive: true });
  writePolicies(join(fixtures, "policies"), join(folder, "policies"));
  for (const [name, image] of Object.entries(podImages))
    writeFileSync(join(folder, "pods", `${name}.yaml`), podText(name, image));
  writeFileSync(join(folder, "pipeline-run.yaml"), pipelineRun);
  flipOneBit(folder);
}

/**
 * The documentation's policies, as `policy check` advises to write them when they lie in one folder: each has a name of
 * its own, a pattern covers the tags of one repository, and `type` is in the place of `predicateType`.
 */
function writePolicies(from: string, to: string): void {
  mkdirSync(to);
  const names = new Set<string>();
  for (const file of readdirSync(from).sort()) {
    const text = readFileSync(join(from, file), "utf8");
    const name = /^ {2}name: (.*)$/m.exec(text)?.[1] ?? "";
    const own = names.has(name) ? `${name}-${file.replace(/^\d+-|\.yaml$/g, "")}` : name;
    names.add(own);
    writeFileSync(
      join(to, file),
      text
        .replace(/^ {2}name: .*$/m, `  name: ${own}`)
        .replaceAll(/(^ +- "[^"\n]*[^"\n/:*])\*"$/gm, '$1:*"')
        .replaceAll(/^( +(?:- )?)predicateType:/gm, "$1type:"),
    );
  }
}

/** `tampered`: the layout with one bit changed in what was signed of the signed image. */
function flipOneBit(folder: string): void {
  cpSync(join(folder, "layout"), join(folder, "tampered"), { recursive: true });
  const index = JSON.parse(readFileSync(join(folder, "layout/index.json"), "utf8")) as {
    readonly manifests: readonly { readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[];
  };
  const signed = index.manifests.find(
    ({ annotations }) => annotations["org.opencontainers.image.ref.name"] === podImages.signed,
  )?.digest;
  if (signed === undefined) throw new Error(`the layout has no ${podImages.signed}`);
  const blobs = join(folder, "tampered/blobs/sha256");
  const payload = readdirSync(blobs).find((name) =>
    readFileSync(join(blobs, name)).includes(`"docker-manifest-digest":"${signed}"`),
  );
  if (payload === undefined) throw new Error(`the layout has no signature of ${podImages.signed}`);
  const bytes = readFileSync(join(blobs, payload));
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  writeFileSync(join(blobs, payload), bytes);
}
