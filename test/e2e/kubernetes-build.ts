/**
 * Builds programs of Kubernetes by Go's module proxy. Kubernetes' own modules refer to folders of its repository, so
 * that each of them is put in by the version that was published with it: v0.36.3 with 1.36.3.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type KubernetesProgram = "api-server" | "kubectl";

/** Runs a command; its failure in one line, or nothing. */
type Run = (command: string, words: readonly string[]) => string | undefined;

const kubectl = "k8s.io/kubernetes/cmd/kubectl";

/** The program is then in `folder`, by its name. Returns why it could not be built. */
export function makeKubernetes(
  version: string,
  program: KubernetesProgram,
  folder: string,
  run: Run,
): string | undefined {
  const module = `k8s.io/kubernetes@v${version}`;
  const { status, stdout } = spawnSync("go", ["mod", "download", "-json", module], { cwd: folder, encoding: "utf8" });
  if (status !== 0) return `go mod download ${module} failed`;
  const { GoMod: path } = JSON.parse(stdout) as { GoMod: string };
  writeFileSync(join(folder, "go.mod"), moduleFile(version, readFileSync(path, "utf8")));
  copyFileSync(fileURLToPath(new URL("./api-server/main.go", import.meta.url)), join(folder, "main.go"));
  const [major = "", minor = ""] = version.split(".");
  // Clients refuse a server that does not say its version.
  const says = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  const flags = [
    "-s",
    "-w",
    ...Object.entries(says).map(([name, text]) => `-X k8s.io/component-base/version.${name}=${text}`),
  ];
  return (
    run("go", ["mod", "tidy"]) ??
    run("go", ["build", "-trimpath", "-ldflags", flags.join(" "), "-o", program, program === "kubectl" ? kubectl : "."])
  );
}

/** `published`: go.mod of Kubernetes. */
function moduleFile(version: string, published: string): string {
  const own = version.replace(/^\d+/, "v0");
  const staged = [...published.matchAll(/^\s*(\S+) => \.\/staging\//gm)].map(([, name = ""]) => name);
  const go = /^go (\S+)$/m.exec(published)?.[1] ?? "";
  return [
    "module sallyport.test/api-server",
    `go ${go}`,
    `require k8s.io/kubernetes v${version}`,
    `tool ${kubectl}`,
    ...staged.map((name) => `replace ${name} => ${name} ${own}`),
    "",
  ].join("\n");
}
