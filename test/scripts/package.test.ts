/** What is packed, and that it runs where nothing else is. It costs seconds: npm packs and installs. */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compiledFolder } from "../../cli/start/compiled-code.ts";
import { makePackages, thisPlatform } from "../../scripts/package.ts";
import {
  emptyEnvironment,
  inEmptyFolder,
  install,
  readDockerfile,
  tryImage,
  tryInstall,
} from "../../scripts/try-package.ts";
import { countedScripts } from "../support/counted-scripts.ts";
import { builtPrograms } from "../support/built-programs.ts";
import { projectRoot, tempFolder } from "../support/temp-folder.ts";

const test = suite("scripts/package");
const fixture = (path: string): string => join(projectRoot, "test/fixtures/documentation", path);
const layout = fixture("layout");
const made = makePackages(projectRoot, tempFolder(), "if-built");

function listTarball(name: string): readonly string[] {
  const { stdout } = spawnSync("tar", ["-tzf", join(made.folder, name)], { encoding: "utf8" });
  return stdout
    .trim()
    .split("\n")
    .map((path) => path.replace(/^package\//, ""))
    .sort();
}

function sallyport(words: readonly string[], env: Readonly<Record<string, string>>, program = "sallyport") {
  const { status, stdout, stderr } = spawnSync(program, words, { env, encoding: "utf8" });
  return { exit: status, out: stdout, err: stderr };
}

const byKey = [
  "verify",
  ...["--key", fixture("trust/release.pub"), "--insecure-ignore-tlog", "--layout", layout, "--complete"],
  "ghcr.io/kyverno/test-verify-image:signed",
];

test("npm pack: the program, its chunks, the engine, documentation, notices, manifest, and nothing else", () => {
  const paths = listTarball(made.plain);
  const pages = ["CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "THIRD-PARTY-NOTICES.txt"];
  assert.equal(
    paths.filter(
      (path) =>
        !/^dist\/chunks\/[\w-]+\.cjs$|^dist\/compiled\/node-[\w.-]+\/[\w-]+\.bin$|^docs\/[\w/.-]+\.(?:md|json)$/.test(
          path,
        ) &&
        !/^deploy\/(?:chart|manifests)\/|^dist\/engine-types\/(?:core|proxy\/edge)\/[\w/-]+\.d\.ts$|^dist\/wasm\/engine\.core\d*\.wasm$/.test(
          path,
        ),
    ),
    [
      ...pages,
      ...["edge.d.mts", "edge.mjs", "engine.d.mts", "engine.iife.js", "engine.mjs"].map((name) => `dist/${name}`),
      ...(made.component ? ["engine.wasm", "engine.wit"].map((name) => `dist/${name}`) : []),
      "dist/sallyport.mjs",
      ...(made.component ? ["dist/wasm/engine.d.ts", "dist/wasm/engine.js"] : []),
      "package.json",
    ],
  );
  const chunks = paths.filter((path) => path.startsWith("dist/chunks/"));
  assert.ok(chunks.length > 10, "chunks");
  assert.equal(
    paths.filter((path) => path.startsWith(`dist/compiled/${compiledFolder(process)}/`)),
    paths.filter((path) => path.startsWith("dist/compiled/")),
    "compiled code for the Node that packs, and of no earlier build",
  );
  assert.is(paths.filter((path) => path.startsWith("dist/compiled/")).length, chunks.length);
  for (const path of ["docs/guides/runbook.md", "docs/codes.md", "docs/environment.md", "docs/spec/offline.md"])
    assert.ok(paths.includes(path), path);
  assert.ok(paths.filter((path) => path.startsWith("docs/schemas/")).length > 30, "schemas");
});

/** A strict project of somebody else: it decides by a policy, and says what came of it. */
const typedProject: Readonly<Record<string, string>> = {
  "package.json": '{ "name": "typed", "private": true, "type": "module" }',
  "use.ts": `import { createEngine, type Decision, defaultLimits, type Knowledge, loadPolicies } from "sallyport";
import { matchWildcard, MemoryKnowledge, nobleVerifier, requestFor } from "sallyport";
const keyless = { subject: "*", issuer: "https://issuer.example", rekor: { url: "https://log.example" } };
const policy = {
  apiVersion: "kyverno.io/v1",
  kind: "ClusterPolicy",
  metadata: { name: "signed" },
  spec: {
    validationFailureAction: "Enforce",
    rules: [
      {
        name: "signed",
        match: { any: [{ resources: { kinds: ["Pod"] } }] },
        verifyImages: [{ imageReferences: ["*"], attestors: [{ entries: [{ keyless }] }] }],
      },
    ],
  },
};
const { policies, errors } = loadPolicies([{ name: "signed.json", text: JSON.stringify(policy) }]);
if (errors.length > 0) throw errors[0];
const engine = createEngine({ policies, crypto: nobleVerifier });
const knowledge: Knowledge = new MemoryKnowledge(defaultLimits);
const containers = [{ name: "main", image: "registry.example/app:1" }];
const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a", namespace: "default" }, spec: { containers } };
const decision: Decision = engine.decide(requestFor(pod), knowledge, new Date(0));
export const said: readonly unknown[] = [
  decision.allowed,
  decision.results[0]?.failures[0]?.code,
  matchWildcard("registry.example/*", "registry.example/app", defaultLimits),
];
`,
  "worker.ts": `import { createHandler } from "sallyport/edge";
export default { fetch: createHandler({ capsule: "https://a.example/capsule.tar", keys: [] }) };
`,
  "kernel.ts": `import { createEngine, createKernelVerifier } from "sallyport";
export const engine = createEngine({ policies: [], crypto: createKernelVerifier(WebAssembly) });
`,
  "wrong.ts": `import { createEngine } from "sallyport";
createEngine({ policies: 1 });
`,
};
/** What a page shows in JavaScript, with the values that its readers have. */
const shown = (page: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...readFileSync(join(projectRoot, page), "utf8").matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = ""], index) => [
      `shown-${index}.ts`,
      `declare const text: string, pem: string, bytes: Uint8Array, floor: number, pod: JsonObject, capsule: Uint8Array;
import type { JsonObject, Knowledge } from "sallyport";
declare const knowledge: Knowledge;
{\n${code.replaceAll(/^(?:import .*|export default )/gm, (line) => (line.startsWith("import") ? "" : "void "))}}
${[...code.matchAll(/^import .*/gm)].join("\n")}
`,
    ]),
  );
const strict = {
  ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
  ...{ target: "es2022", types: [], skipLibCheck: false },
};

test("installed in a strict project: types as Node and as bundlers resolve them, and a decision", () => {
  const pages = shown("docs/spec/bundles.md");
  const folder = tempFolder({ ...typedProject, ...pages });
  const installed = spawnSync(
    "npm",
    ["install", "--offline", "--no-audit", "--no-fund", join(made.folder, made.plain)],
    {
      cwd: folder,
      env: emptyEnvironment(folder),
      encoding: "utf8",
    },
  );
  assert.is(installed.status, 0, installed.stderr);
  assert.not.match(installed.stderr, /warn/i);
  const compile = (files: readonly string[], options: object): string => {
    const path = join(folder, "tsconfig.json");
    writeFileSync(path, JSON.stringify({ compilerOptions: { ...strict, ...options }, files }));
    const compiler = join(projectRoot, "node_modules/typescript/bin/tsc");
    return spawnSync(process.execPath, [compiler, "-p", path], { cwd: folder, encoding: "utf8" }).stdout;
  };
  const bundler = { module: "esnext", moduleResolution: "bundler", noEmit: true };
  const inBrowsers = { ...bundler, lib: ["es2022", "dom"] };
  assert.is(compile(["use.ts", "worker.ts", "kernel.ts"], inBrowsers), "");
  const readable = Object.keys(pages).filter((name) => made.component || !pages[name]?.includes("sallyport/wasm"));
  assert.ok(readable.length > 2, "what the page shows");
  assert.is(compile(readable, { ...inBrowsers, verbatimModuleSyntax: false }), "");
  const node = { module: "nodenext", moduleResolution: "nodenext", lib: ["es2022"] };
  // What is wrong is seen, and what is right is made all the same.
  const faults = compile(["use.ts", "wrong.ts"], node).split("\n");
  assert.match(faults[0] ?? "", /^wrong\.ts\(2,16\): error TS/);
  assert.equal(
    faults.filter((line) => /^use\.ts|node_modules/.test(line)),
    [],
  );
  const program = 'import { said } from "./use.js"; process.stdout.write(said.join());';
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder, encoding: "utf8" });
  assert.is(run.stdout, "false,not-in-mirror,true", run.stderr);
});

test("every link of a packed page leads to something that is packed", () => {
  const paths = listTarball(made.plain);
  let count = 0;
  for (const page of paths.filter((path) => path.endsWith(".md"))) {
    const text = readFileSync(join(projectRoot, page), "utf8").replaceAll(/^```.*?^```$/gms, "");
    for (const [, link = ""] of text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      count += 1;
      const target = posix.join(posix.dirname(page), link).replace(/\/$/, "");
      assert.ok(
        paths.some((path) => path === target || path.startsWith(`${target}/`)),
        `${page}: ${link}`,
      );
    }
  }
  assert.ok(count > 100, String(count));
});

test("the instructions name the files that lie beside them", () => {
  const text = readFileSync(join(made.folder, "INSTALL.txt"), "utf8");
  const named = [...text.matchAll(/sallyport-\S*?\.tgz/g)].map(([name]) => name);
  assert.equal([...new Set(named)].sort(), [made.offline, made.plain].sort());
  assert.match(text, /--prefix "\$HOME\/\.local"/);
});

test("with SQLite: the same, its JavaScript, one native module for this platform, no sources and no scripts", () => {
  assert.equal(made.platforms, [thisPlatform]);
  const paths = listTarball(made.offline);
  assert.equal(
    paths.filter((path) => !path.startsWith("node_modules/")),
    listTarball(made.plain),
  );
  const native = paths.filter((path) => path.endsWith(".node"));
  assert.equal(native, [`node_modules/better-sqlite3/lib/binding/${thisPlatform}/better_sqlite3.node`]);
  assert.equal(
    paths.filter((path) => path.startsWith("node_modules/") && /\.(?:c|h|cpp|hpp|gyp)$|\/tests?\//.test(path)),
    [],
  );
});

test("installed from the tarball alone: the program and its mirror", () => {
  assert.match(tryInstall(join(made.folder, made.offline), layout), /^sallyport \d+\.\d+\.\d+, \d\d images/);
});

test("installed: this Node compiles no chunk again", () =>
  inEmptyFolder((folder) => {
    const env = install(join(made.folder, made.offline), folder);
    const program = join(folder, "prefix/bin/sallyport");
    for (const words of [["version"], byKey]) {
      const { status, scripts, compiled } = countedScripts([program, ...words], { env });
      assert.is(status, 0);
      assert.ok(scripts > 10, `${scripts} scripts`);
      assert.is(compiled, scripts);
    }
  }));

test("the steps of the Dockerfile: not root, a root that cannot be written, a mirror that can", () => {
  assert.match(tryImage(made.folder, layout), /^\d\d images .* holds mirror, opt, tmp$/);
  const names = readDockerfile(readFileSync(join(made.folder, "Dockerfile"), "utf8")).map(({ name }) => name);
  assert.equal(names, ["ARG", "FROM", "COPY", "RUN", "FROM", "COPY", "RUN", "ENV", "USER", "ENTRYPOINT", "CMD"]);
});

test("a Dockerfile that starts as root, and one with an unknown step, are refused", () => {
  const context = tempFolder();
  cpSync(made.folder, context, { recursive: true });
  const text = readFileSync(join(context, "Dockerfile"), "utf8");
  for (const [changed, why] of [
    [text.replace(/^USER .*\n/m, ""), /runs as root/],
    [text.replace(/^USER/m, "HEALTHCHECK"), /HEALTHCHECK/],
  ] as const) {
    writeFileSync(join(context, "Dockerfile"), changed);
    assert.throws(() => tryImage(context, layout), why);
  }
});

/** What the error about SQLite has to name, and that it is no stack trace. */
function assertNamesNeeds(err: string): void {
  assert.match(err, /^error invalid-config: SQLite is not installed for /);
  const words = err.replaceAll(/\s+/g, " ");
  for (const needed of ["python3", "make", "g++", "Node's headers", "nodedir"])
    assert.ok(words.includes(needed), needed);
  assert.not.match(err, "    at ");
}

test("without SQLite: installs, decides from layouts, and names what a mirror lacks", () =>
  inEmptyFolder((folder) => {
    const env = install(join(made.folder, made.plain), folder);
    assert.is(sallyport(byKey, env).exit, 0);
    const user = join(folder, "prefix/lib/user.mjs");
    writeFileSync(user, 'import { createEngine } from "sallyport/engine"; console.log(typeof createEngine);');
    assert.is(sallyport([user], env, process.execPath).out, "function\n", "the engine, by its name");
    const { exit, err } = sallyport(["mirror", "add", layout, "--store", join(folder, "mirror")], env);
    assert.is(exit, 2);
    assertNamesNeeds(err);
  }));

test("with SQLite for another Node only: the same error", () =>
  inEmptyFolder((folder) => {
    const env = install(join(made.folder, made.offline), folder);
    const binding = join(folder, "prefix/lib/node_modules/sallyport/node_modules/better-sqlite3/lib/binding");
    renameSync(join(binding, thisPlatform), join(binding, "node-v1-other-other"));
    const { exit, err } = sallyport(["mirror", "add", layout, "--store", join(folder, "mirror")], env);
    assert.is(exit, 2);
    assertNamesNeeds(err);
  }));

test("dist/ in an empty folder: everything that needs no mirror", async () => {
  const programs = await builtPrograms();
  inEmptyFolder((folder) => {
    for (const part of ["sallyport.mjs", "chunks"])
      cpSync(join(programs, part), join(folder, part), { recursive: true });
    const env = emptyEnvironment(folder);
    const run = (...words: readonly string[]) =>
      sallyport([join(folder, "sallyport.mjs"), ...words], env, process.execPath);
    const policy = fixture("policies/01-signature-by-key.yaml");
    const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
      [["version"], 0, /^sallyport \d/],
      [byKey, 0, /^\S+ ghcr\.io\/kyverno\/test-verify-image:signed/],
      [["policy", "check", policy], 0, /1 polic(?:y|ies) load/],
      [["jp", "parse", "a.b"], 0, /b/],
      [["explain", "ghcr.io/kyverno/test-verify-image:signed", "-p", policy, "--layout", layout], 0, /^ALLOW/],
      [["mirror", "ls", "--store", join(folder, "none")], 2, /^$/],
    ];
    for (const [words, exit, out] of rows) {
      const found = run(...words);
      assert.is(found.exit, exit, `${words.join(" ")}: ${found.err}`);
      assert.match(found.out, out);
      assert.not.match(found.err, "    at ");
    }
  });
});

test.run();
