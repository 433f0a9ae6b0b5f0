/**
 * Kyverno's own command line reads signatures through the registry proxy, and trusted roots from the proxy's TUF
 * repositories. It must decide as it did in front of the registries themselves: the cases and their verdicts are those
 * of the golden set. First the proxy asks the registries; then they are gone.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { request } from "undici";
import * as assert from "uvu/assert";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";
import { defaultLimits } from "../../core/limits.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { type GoldenCase, readGoldenCases } from "../conformance/golden-verify.ts";
import { serveKnowledge } from "../support/knowledge-registry.ts";
import { freePort } from "./processes.ts";
import { says } from "./registry-actions.ts";
import type { Scenario, Tools } from "./scenario.ts";
import { mirrorTrust } from "./trust.ts";

const goneRegistry = "localhost:5999";

/** How many of Kyverno's processes run at the same time. */
const atOnce = 4;

/** The registries of all cases as one. */
function allRegistries(folder: string, cases: readonly GoldenCase[]): Knowledge {
  const paths = new Map<string, Knowledge>();
  for (const layout of cases.flatMap(({ layouts }) => layouts)) {
    const { path, ...named } = layout === "registry" ? { path: "registry" } : layout;
    if (!paths.has(path))
      paths.set(path, openLayout(resolve(folder, path), { ...named, complete: "repository", limits: defaultLimits }));
  }
  return joinedKnowledge([...paths.values()]);
}

/** One proxy for each registry, since a client names none. */
interface Proxied {
  readonly registry: string;
  /** `localhost:PORT`, in the registry's place. */
  readonly host: string;
  readonly start: (mode: "online" | "offline") => Promise<void>;
  readonly close: () => Promise<void>;
}

async function proxied({ stage, main }: Tools, registry: string, knowledge: Knowledge): Promise<Proxied> {
  const upstream = await serveKnowledge(knowledge, (path) => `${registry}/${path}`);
  const port = await freePort();
  const config = {
    apiVersion: "sallyport.dev/v1alpha1",
    kind: "Config",
    store: storeOf(registry),
    listeners: [{ address: `127.0.0.1:${port}` }],
    upstreams: [{ host: registry, mirrors: [upstream.url], authoritative: true }],
    proxy: { defaultRegistry: registry, refresh: "1d" },
    log: { level: "error" },
  };
  const file = `serve-${port}.json`;
  stage.write(file, JSON.stringify(config));
  const isReady = async (): Promise<boolean> => (await request(`http://127.0.0.1:${port}/readyz`)).statusCode === 200;
  return {
    registry,
    host: `localhost:${port}`,
    start: async (mode) =>
      void (await stage.serve(process.execPath, [main, "serve", "-c", file, `--${mode}`], isReady)),
    close: upstream.close,
  };
}

const storeOf = (registry: string): string => `mirror-${registry.replace(":", "-")}`;
const rootName = (file: string): string => basename(file, ".json");

interface Decided {
  /** `RULE RESULT` of each, sorted: Kyverno prints them in no fixed order. */
  readonly verdicts: readonly string[];
  readonly messages: readonly string[];
}

interface Result {
  readonly rule: string;
  readonly result: string;
  readonly message: string;
}

interface Report {
  readonly results?: readonly Result[];
}

const verdictOf = ({ rule, result }: Result): string => `${rule} ${result}`;

const goldenVerdict = ({ kyverno: { rules, exit } }: GoldenCase): Decided => ({
  verdicts: rules.length === 0 ? [`exit ${exit}`] : rules.map(({ rule, status }) => `${rule} ${status}`).sort(),
  messages: rules.map(({ message }) => message).sort(),
});

/** What Kyverno says of a case whose registries are the proxies. */
async function decide(
  { stage, program }: Tools,
  folder: string,
  golden: GoldenCase,
  proxies: readonly Proxied[],
): Promise<Decided> {
  const { id, policy, resource, exception, trustedRoot } = golden;
  const write = (file: string): string => {
    let text = readFileSync(join(folder, file), "utf8");
    for (const { registry, host } of proxies) text = text.replaceAll(registry, host);
    const name = join(id, file);
    mkdirSync(dirname(join(stage.folder, name)), { recursive: true });
    stage.write(name, text);
    return name;
  };
  // Nobody else is there to be asked; Go asks loopback without a proxy.
  const nobody = "http://127.0.0.1:1";
  const trust =
    trustedRoot === undefined
      ? {}
      : {
          TUF_MIRROR: `http://${proxies[0]?.host ?? ""}/tuf/${rootName(trustedRoot)}`,
          TUF_INITIAL_ROOT: `${rootName(trustedRoot)}-tuf.json`,
        };
  const env = { HTTP_PROXY: nobody, HTTPS_PROXY: nobody, TUF_ROOT: join(stage.folder, id, "tuf"), ...trust };
  const outcome = await stage.run(
    program("kyverno"),
    [
      ...["apply", write(policy), "--resource", write(resource), "--registry", "--remove-color"],
      ...["-p", "--output-format", "json", "--detailed-results"],
      ...(exception === undefined ? [] : ["--exception", write(exception)]),
    ],
    { env },
  );
  // Above the report, and in its place, stands which policies were refused.
  const report = outcome.out.split("\n").find((line) => line.startsWith('{"kind":"ClusterReport"'));
  const { results = [] } = (report === undefined ? {} : JSON.parse(report)) as Report;
  const isSilent = results.length === 0 && golden.kyverno.rules.length > 0;
  const original = (text: string): string => {
    let changed = text;
    for (const { registry, host } of proxies) changed = changed.replaceAll(host, registry);
    return changed;
  };
  return {
    verdicts: results.length === 0 ? [`exit ${outcome.exit}`] : results.map(verdictOf).sort(),
    messages: isSilent ? [says(outcome)] : results.map(({ message }) => original(message)).sort(),
  };
}

/** The whole takes most of an hour on a busy machine: one that ended in the middle is taken up where it was. */
const parts = 6;
const title = "Kyverno decides through the proxy as in front of the registries: online, and with them gone";

const golden = (part: number): Scenario => ({
  name: `${title} (part ${part} of ${parts})`,
  needs: ["kyverno", "golden-verify"],
  async run(tools) {
    const folder = tools.program("golden-verify");
    // Some cases take it for a registry that is gone; somebody else's on this machine would answer them.
    const stranger = await request(`http://${goneRegistry}/v2/`).catch(() => undefined);
    assert.is(stranger, undefined, `somebody listens on ${goneRegistry}`);
    const cases = readGoldenCases(folder).filter((_, index) => index % parts === part - 1);
    const roots = new Set(cases.flatMap(({ trustedRoot }) => trustedRoot ?? []));
    const registries = ["localhost:5000", "localhost:5001"];
    for (const root of roots)
      await mirrorTrust(tools, {
        name: rootName(root),
        bytes: readFileSync(join(folder, root)),
        store: storeOf(registries[0] ?? ""),
        // Its client wants every target that is listed, as in Sigstore's repository.
        others: { "rekor.pub": Buffer.from("a key"), "registry.npmjs.org/keys.json": Buffer.from('{"keys":[]}') },
      });
    const knowledge = allRegistries(folder, cases);
    const proxies = await Promise.all(registries.map((registry) => proxied(tools, registry, knowledge)));
    try {
      for (const mode of ["online", "offline"] as const) {
        for (const { start } of proxies) await start(mode);
        const { different, alike } = await compare(tools, folder, cases, proxies);
        console.log(`     ${mode}: ${cases.length - different.length} of ${cases.length} verdicts, ${alike} messages`);
        assert.equal(different, [], `${mode}: other verdicts than in front of the registries`);
        await tools.stage.stopServers();
        if (mode === "online") for (const { close } of proxies) await close();
      }
    } finally {
      for (const { close } of proxies) await close().catch(() => undefined);
    }
  },
});

async function compare(
  tools: Tools,
  folder: string,
  cases: readonly GoldenCase[],
  proxies: readonly Proxied[],
): Promise<{ readonly different: readonly string[]; readonly alike: number }> {
  const different: string[] = [];
  let alike = 0;
  const waiting = [...cases];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [wanted, got] = [goldenVerdict(next), await decide(tools, folder, next, proxies)];
      if (wanted.verdicts.join("\n") !== got.verdicts.join("\n")) {
        different.push(next.id);
        const lines = [next.id, ...wanted.verdicts, "instead of that:", ...got.verdicts, ...got.messages];
        console.log(`     ${lines.join("\n       ")}`);
      }
      if (wanted.messages.join("\n") === got.messages.join("\n")) alike += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { different, alike };
}

export const kyvernoScenarios: readonly Scenario[] = Array.from({ length: parts }, (_, index) => golden(index + 1));
