/**
 * `npm run manifests`: writes the parts of the chart that are made from the program, and the plain manifests of
 * `deploy/manifests`, which are the chart rendered with the values beside them. Without Helm the manifests stay as they
 * are, and the check says that nobody compared them.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chartFiles, chartFolder } from "./chart-files.ts";
import type { CheckReport } from "./check.ts";

const manifestsFolder = "deploy/manifests";
const head = "# Made from deploy/chart by `npm run manifests`, with the values of";

/** Helm, on the PATH or where the end-to-end scenarios keep their programs. */
export function findHelm(): string | undefined {
  const tools = process.env.SALLYPORT_E2E_TOOLS ?? join(homedir(), ".cache", "sallyport-e2e", "bin");
  const places = [...(process.env.PATH ?? "").split(":"), tools];
  return places.map((folder) => join(folder, "helm")).find((path) => existsSync(path));
}

/** The sets of values, by the names of their manifests. */
export const manifestNames = (root: string): readonly string[] =>
  readdirSync(join(root, manifestsFolder, "values"))
    .map((file) => file.replace(/\.yaml$/, ""))
    .sort();

/** What Helm renders for a set of values. @throws Error with what Helm says. */
export function renderManifest(root: string, helm: string, name: string): string {
  const values = `${manifestsFolder}/values/${name}.yaml`;
  // Else the version is that of the library that Helm was built with.
  const forVersion = ["--kube-version", "1.36.0"];
  const words = ["template", "sallyport", chartFolder, "--namespace", "sallyport", "--no-hooks", ...forVersion];
  const { status, stdout, stderr } = spawnSync(helm, [...words, "--values", values], { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`helm ${words.join(" ")}: ${stderr.trim()}`);
  return `${head} ${values}.\n${inOrder(stdout)}`;
}

/** What Helm finds wrong with the chart and a set of values; nothing where it finds nothing. */
function lintChart(root: string, helm: string, name: string): readonly string[] {
  const words = ["lint", chartFolder, "--values", `${manifestsFolder}/values/${name}.yaml`];
  const { status, stdout, stderr } = spawnSync(helm, words, { cwd: root, encoding: "utf8" });
  const found = `${stdout}\n${stderr}`.split("\n").filter((line) => /^\[(?:ERROR|WARNING)\]/.test(line));
  return status === 0 && found.length === 0 ? [] : [`helm lint with the values of ${name}: ${found.join("; ")}`];
}

/** Who asks is told last. */
const last = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/** Versions of Helm differ in the order of objects, and in empty lines. */
function inOrder(rendered: string): string {
  const lines = rendered.split("\n").filter((line) => line.trim() !== "");
  const field = (document: string, name: RegExp): string => name.exec(document)?.[1] ?? "";
  const documents = `\n${lines.join("\n")}`
    .split("\n---\n")
    .filter((text) => text !== "")
    .map((text) => {
      const kind = field(text, /^kind: (.*)$/m);
      return { text, key: `${last.indexOf(kind) + 1} ${kind} ${field(text, /^ {2}name: (.*)$/m)}` };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return documents.map(({ text }) => `---\n${text}\n`).join("");
}

/** What the files are, and what they should be. */
export function checkManifests(root: string, { helm }: { readonly helm: string | undefined }): CheckReport {
  const names = manifestNames(root);
  const made = chartFiles(root);
  const read = (path: string): string => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "");
  const faults = Object.entries(made)
    .filter(([path, text]) => read(path) !== text)
    .map(([path]) => `${path} is out of date: run npm run manifests`);
  if (names.length === 0) faults.push(`${manifestsFolder}/values has no values`);
  for (const name of names) {
    const path = `${manifestsFolder}/${name}.yaml`;
    if (read(path) === "") faults.push(`${path} is missing: run npm run manifests`);
    else if (helm !== undefined && read(path) !== renderManifest(root, helm, name))
      faults.push(`${path} is out of date: run npm run manifests`);
    if (helm !== undefined) faults.push(...lintChart(root, helm, name));
  }
  const saw = `${Object.keys(made).length} files of the chart, ${names.length} manifests`;
  return helm === undefined
    ? { saw: `${saw}, which nobody compared: helm is not here`, faults, skipped: 1 }
    : { saw, faults };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(chartFiles(root))) write(path, text);
  const helm = findHelm();
  if (helm === undefined) process.stderr.write("helm is not here: the manifests stay as they are\n");
  else
    for (const name of manifestNames(root)) write(`${manifestsFolder}/${name}.yaml`, renderManifest(root, helm, name));
}
