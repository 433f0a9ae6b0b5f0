/**
 * Real programs that the end-to-end scenarios talk to, and how each is obtained. They live in a folder of their own
 * (SALLYPORT_E2E_TOOLS, else `~/.cache/sallyport-e2e/bin`); what is missing is built or unpacked there, once.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sdkVersions } from "../../proxy/upstream/kms/sdk.ts";

export const toolsFolder: string = process.env.SALLYPORT_E2E_TOOLS ?? join(homedir(), ".cache", "sallyport-e2e", "bin");

/** A Go program of this repository. */
interface OwnProgram {
  readonly folder: string;
  /** The file of its modules, where there are several. */
  readonly modules?: string;
  /** A command of one of its modules, in the place of its own. */
  readonly command?: string;
  /** Whether the file of its modules lacks some that the command needs, which Go adds, in a copy. */
  readonly isCompleted?: boolean;
  /** Texts of variables in its modules. */
  readonly texts?: Readonly<Record<string, string>>;
}

interface Source {
  /** A Go module's command, by path and version. */
  readonly go?: string;
  readonly own?: OwnProgram;
  /** Packages of npm, which are together in a folder of their own. */
  readonly npm?: readonly string[];
  /** A Debian package, the program in it, and the packages of its libraries. */
  readonly debian?: readonly [name: string, program: string, ...libraries: string[]];
  /** Packages of PyPI, in an environment of their own. */
  readonly python?: readonly string[];
  /** A program that machines have, or not. */
  readonly system?: string;
  /** A variable, and the folder that is looked for below the one that it names. */
  readonly data?: readonly [variable: string, folder: string];
  /** Words with which it must succeed: not every machine lets every user run it. */
  readonly tried?: readonly string[];
}

/** What programs of Kubernetes say of themselves: clients refuse a server that does not say its version. */
const kubernetes = {
  "k8s.io/component-base/version.gitVersion": "v1.36.3",
  "k8s.io/component-base/version.gitMajor": "1",
  "k8s.io/component-base/version.gitMinor": "36",
};

/** Versions are exact, so that a run can be repeated. */
const sources = {
  distribution: { go: "github.com/distribution/distribution/v3/cmd/registry@v3.1.2" },
  "docker-registry": { debian: ["docker-registry", "usr/bin/docker-registry"] },
  "ggcr-registry": { go: "github.com/google/go-containerregistry/cmd/registry@v0.22.1" },
  crane: { go: "github.com/google/go-containerregistry/cmd/crane@v0.22.1" },
  cosign3: { go: "github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3" },
  /** Programs that pull as nodes do, with the code of two versions of containerd, and of CRI-O and podman. */
  "containerd-2.1.6": { own: { folder: "nodes/containerd", modules: "go-2.1.6.mod" } },
  "containerd-2.4.2": { own: { folder: "nodes/containerd" } },
  "containers-image": { own: { folder: "nodes/containers-image" } },
  helm: { go: "helm.sh/helm/v4/cmd/helm@v4.1.4" },
  helm3: { go: "helm.sh/helm/v3/cmd/helm@v3.22.0" },
  "local-kms": { go: "github.com/nsmithuk/local-kms@v0.0.0-20260228092603-2a5e92d09ab6" },
  /** With its etcd. About ten minutes of one core. */
  "api-server": { own: { folder: "api-server", texts: kubernetes } },
  kubectl: { own: { folder: "api-server", command: "k8s.io/kubernetes/cmd/kubectl", texts: kubernetes } },
  /** Rekor v1, with Trillian and an index in memory. */
  rekor: { own: { folder: "rekor" } },
  "rekor-tiles": { go: "github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix@v2.3.0" },
  /** The path is the environment's folder. */
  moto: { python: ["moto[server]==5.2.5"] },
  /** The path is the folder's. */
  "kms-sdks": { npm: Object.entries(sdkVersions).map(([name, version]) => `${name}@${version}`) },
  strace: { system: "strace" },
  unshare: { system: "unshare", tried: ["-rm", "mount", "-t", "tmpfs", "none", "/tmp"] },
  skopeo: { debian: ["skopeo", "usr/bin/skopeo", "libgpgme11", "libassuan0"] },
  oras: { go: "oras.land/oras/cmd/oras@v1.3.0" },
  /** The distribution specification's own program. */
  conformance: {
    go: "github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111",
  },
  /** Kyverno's command line, 1.19.0. About thirty minutes of one core. */
  kyverno: { own: { folder: "kyverno" } },
  /** Its admission controller, of the same modules. Only with `--with-kyverno`. */
  "kyverno-controller": {
    own: { folder: "kyverno", command: "github.com/kyverno/kyverno/cmd/kyverno", isCompleted: true },
  },
  /** Verdicts of Kyverno, with the registries that they are about. The path is the folder's. */
  "golden-verify": { data: ["SALLYPORT_GOLDEN", "verify"] },
  cosign2: { go: "github.com/sigstore/cosign/v2/cmd/cosign@v2.6.4" },
} as const satisfies Readonly<Record<string, Source>>;

export type Component = keyof typeof sources;
export const components = Object.keys(sources) as readonly Component[];

/** The program's path, or why there is none. */
export type Obtained = { readonly path: string } | { readonly missing: string };

const obtained = new Map<Component, Obtained>();

/** Finds the program, or makes it. */
export function obtain(component: Component): Obtained {
  const held = obtained.get(component) ?? find(component);
  obtained.set(component, held);
  return held;
}

function find(component: Component): Obtained {
  const source: Source = sources[component];
  if (source.data !== undefined) return findData(source.data);
  const path = join(toolsFolder, component);
  if (existsSync(path)) return { path };
  mkdirSync(toolsFolder, { recursive: true });
  if (source.system !== undefined) {
    const places = (process.env.PATH ?? "").split(":").map((folder) => join(folder, source.system ?? ""));
    const place = places.find((one) => existsSync(one));
    if (place === undefined) return { missing: `${component} is not on the PATH` };
    const failure = source.tried === undefined ? undefined : run(place, source.tried, { cwd: tmpdir() });
    return failure === undefined ? { path: place } : { missing: `${component} cannot be used here: ${failure}` };
  }
  const work = mkdtempSync(join(tmpdir(), "sallyport-e2e-"));
  try {
    const failure = make(source, work, path);
    return failure === undefined ? { path } : { missing: `${component}: ${failure}` };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function findData([variable, folder]: NonNullable<Source["data"]>): Obtained {
  const given = process.env[variable] ?? "";
  if (given === "") return { missing: `${variable} is not set` };
  const path = join(given, folder);
  return existsSync(path) ? { path } : { missing: `${path} is not there` };
}

function make(source: Source, work: string, path: string): string | undefined {
  if (source.npm !== undefined) return install(source.npm, work, path);
  if (source.python !== undefined) return installPython(source.python, path);
  if (source.own !== undefined) return buildOwn(source.own, work, path);
  return source.go === undefined ? unpack(source, work, path) : build(source.go, work, path);
}

/** Runs a command; its failure in one line, or nothing. */
function run(command: string, words: readonly string[], options: { cwd: string; env?: NodeJS.ProcessEnv }) {
  const { error, status, stderr } = spawnSync(command, words, { ...options, encoding: "utf8" });
  if (error !== undefined) return `${command} is not here (${error.message})`;
  return status === 0 ? undefined : `${command} ${words.join(" ")}: ${stderr.trim().split("\n").at(-1) ?? ""}`;
}

function build(module: string, work: string, path: string): string | undefined {
  process.stderr.write(`building ${module}\n`);
  const failure = run("go", ["install", module], { cwd: work, env: { ...process.env, GOBIN: work } });
  if (failure !== undefined) return failure;
  const [program] = readdirSync(work);
  if (program === undefined) return "nothing was built";
  copyFileSync(join(work, program), `${path}.new`);
  renameSync(`${path}.new`, path);
  return undefined;
}

function buildOwn(own: OwnProgram, work: string, path: string): string | undefined {
  const { folder, modules, command = ".", isCompleted = false, texts = {} } = own;
  process.stderr.write(`building ${basename(path)}\n`);
  const source = fileURLToPath(new URL(folder, import.meta.url));
  if (isCompleted) cpSync(source, work, { recursive: true });
  const cwd = isCompleted ? work : source;
  const flags = ["-s", "-w", ...Object.entries(texts).map(([name, text]) => `-X ${name}=${text}`)];
  // Without gpgme, which containers/image would need of the system.
  const tags = ["-tags", "containers_image_openpgp"];
  const from = [...(modules === undefined ? [] : [`-modfile=${modules}`]), ...(isCompleted ? ["-mod=mod"] : [])];
  const words = ["build", "-trimpath", ...tags, "-ldflags", flags.join(" "), "-o", `${path}.new`, ...from, command];
  const failure = run("go", words, { cwd });
  if (failure === undefined) renameSync(`${path}.new`, path);
  return failure;
}

function install(packages: readonly string[], work: string, path: string): string | undefined {
  process.stderr.write(`installing ${packages.join(", ")}\n`);
  const words = ["install", "--prefix", work, "--ignore-scripts", "--no-audit", "--no-fund", ...packages];
  const failure = run("npm", words, { cwd: work });
  if (failure !== undefined) return failure;
  cpSync(work, `${path}.new`, { recursive: true });
  renameSync(`${path}.new`, path);
  return undefined;
}

/** An environment has the path of its folder in it, so it is made in its place. */
function installPython(packages: readonly string[], path: string): string | undefined {
  process.stderr.write(`installing ${packages.join(", ")}\n`);
  const cwd = toolsFolder;
  const failure =
    run("python3", ["-m", "venv", path], { cwd }) ??
    run(join(path, "bin", "pip"), ["install", "--quiet", "--no-input", ...packages], { cwd });
  if (failure !== undefined) rmSync(path, { recursive: true, force: true });
  return failure;
}

function unpack(
  { debian: [name, program, ...libraries] = ["", ""] }: Source,
  work: string,
  path: string,
): string | undefined {
  process.stderr.write(`fetching Debian's ${name}\n`);
  const failure = run("apt-get", ["download", name, ...libraries], { cwd: work });
  if (failure !== undefined) return failure;
  for (const archive of readdirSync(work).filter((file) => file.endsWith(".deb"))) {
    const unpacked = run("dpkg", ["-x", archive, "."], { cwd: work });
    if (unpacked !== undefined) return unpacked;
  }
  if (libraries.length === 0) copyFileSync(join(work, program), path);
  else {
    cpSync(join(work, "usr"), `${path}.files/usr`, { recursive: true, verbatimSymlinks: true });
    const found = `LD_LIBRARY_PATH=$(echo "$0".files/usr/lib/*-linux-*)`;
    writeFileSync(path, `#!/bin/sh\nexport ${found}\nexec "$0".files/${program} "$@"\n`);
  }
  chmodSync(path, 0o755);
  return undefined;
}
