/** `serve` with a webhook: policies and objects of files, evidence of the mirror, over real sockets. */
import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { writeCurrentSnapshot } from "../../../proxy/mirror/current-snapshot.ts";
import { reviewOf } from "../../support/admission.ts";
import { image, pod, policyText } from "../../support/fixture-policies.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { runCli } from "../command-io.ts";
import { head, serving, statusOf } from "../serving.ts";

const test = suite("cli/serve/open-webhook");

const layout = fileURLToPath(new URL("../../fixtures/documentation/layout", import.meta.url));
const store = tempFolder();
const now = "2026-11-26T12:00:00Z";
const strict = policyText({ name: "strict" });
const lenient = policyText({
  name: "lenient",
  spec: "validationFailureAction: Enforce\nfailurePolicy: Ignore",
  references: '["registry.example/*"]',
});
const listener = '{ address: "127.0.0.1:0", serves: [admission, health, metrics] }';

const configOf = (more = ""): string =>
  `${head}store: ${store}\nlisteners: [${listener}]\npolicies: { folders: [policies]${more} }\n`;

interface Verdict {
  readonly allowed: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
}

async function review(url: string, path: string, object: JsonObject): Promise<Verdict> {
  const response = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(reviewOf(object)),
  });
  assert.is(response.status, 200);
  const { response: answer } = (await response.json()) as {
    readonly response: { allowed: boolean; warnings?: readonly string[]; status?: { message: string } };
  };
  return { allowed: answer.allowed, message: answer.status?.message ?? "", warnings: answer.warnings ?? [] };
}

test.before(async () => {
  const { exit, err } = await runCli(["mirror", "add", layout, "--complete=repository", "--store", store], {
    now,
  });
  assert.is(exit, 0, err);
});

test("decides from the mirror; what it decided is in the request's line of the log", async () => {
  const files = { "sallyport.yaml": configOf(), "policies/a.yaml": strict, "policies/b.yaml": lenient };
  const { exit } = await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""], lines, logged: hasLogged }) => {
      assert.ok((await review(url, "/mutate/fail", pod(image("signed")))).allowed);
      const denied = await review(url, "/mutate/fail", pod(image("unsigned")));
      assert.not(denied.allowed);
      assert.match(denied.message, /resource Pod\/shop\/web was blocked/);
      const overlooked = await review(url, "/mutate/ignore", pod("registry.example/never/seen:1"));
      assert.ok(overlooked.allowed);
      assert.match(overlooked.warnings.join("\n"), /\[not-in-mirror\]/);
      const counted = await (await fetch(`${url}/metrics`)).text();
      for (const [result, webhook, code] of [
        ["admitted", "mutate/fail", ""],
        ["denied", "mutate/fail", "no-signature"],
        ["overlooked", "mutate/ignore", "not-in-mirror"],
      ] as const)
        assert.ok(
          counted.includes(
            `sallyport_admission_reviews_total{webhook="${webhook}",result="${result}",code="${code}"} 1`,
          ),
          counted,
        );
      assert.is(await statusOf(`${url}/v2/`), 404, "it serves no registry");
      const said = lines().find(({ msg }) => msg === "policies guard admission");
      assert.equal([said?.fail, said?.ignore], [["strict"], ["lenient"]]);
      await hasLogged("request", 5);
      const reviews = lines().filter(
        ({ msg, path }) => msg === "request" && /^\/(mutate|validate)\//.test(String(path)),
      );
      assert.is(reviews.length, 3);
      for (const { uid, decision } of reviews) assert.match(`${uid} ${decision}`, /^[-0-9a-f]{36} d-[0-9A-Z]{8}$/);
      assert.is(new Set(reviews.map(({ decision }) => decision)).size, 3);
      const logged = reviews.filter(({ path }) => path === "/mutate/fail");
      assert.equal(
        logged.map(({ allowed, codes, resource, operation }) => [allowed, codes, resource, operation]),
        [
          [true, [], "Pod/shop/web", "CREATE"],
          [false, ["no-signature"], "Pod/shop/web", "CREATE"],
        ],
      );
    },
    { files, now },
  );
  assert.is(exit, 0);
});

test("an image under a mirror's name is judged as what an alias says it mirrors", async () => {
  const [org = "", name = ""] = image("").split(/\/(?=[^/]*$)/);
  const mirrored = (tag: string): string => `mirror.corp/far/${name}${tag}`;
  const files = {
    "sallyport.yaml": `${configOf()}aliases: ["${org}=mirror.corp/far"]\n`,
    "plain.yaml": configOf(),
    "policies/a.yaml": strict,
  };
  const ask = (config: string) =>
    serving(
      ["--config", config],
      async ({ urls: [url = ""] }) => {
        const answers = await Promise.all(
          ["signed", "unsigned"].map((tag) => review(url, "/mutate/fail", pod(mirrored(tag)))),
        );
        seen.push(answers.map(({ allowed }) => allowed));
      },
      { files, now },
    );
  const seen: (readonly boolean[])[] = [];
  assert.is((await ask("sallyport.yaml")).exit, 0);
  assert.is((await ask("plain.yaml")).exit, 0);
  assert.equal(seen, [
    [true, false],
    [true, true],
  ]);
});

test("a policy whose key an API server may have dropped is warned of beside each denial, in a short line", async () => {
  const pruned = strict.replace(/^( *)rekor: .*$/m, "$1rekor: {}\n$1ctlog: {}");
  assert.not.equal(pruned, strict);
  await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""], lines }) => {
      const { allowed, message, warnings } = await review(url, "/mutate/fail", pod(image("unsigned")));
      assert.not(allowed);
      assert.equal(warnings, ["policy strict: rekor and ctlog have no key; write pubkey in place of pubKey"]);
      assert.not(message.includes("pubkey"), "nothing is said twice");
      assert.ok(lines().some(({ level, msg }) => level === "warn" && /knows pubkey only/.test(String(msg))));
    },
    { files: { "sallyport.yaml": configOf(), "policies/a.yaml": pruned }, now },
  );
});

test("the line of a denial is one line and a command, whatever the store is called", async () => {
  for (const [name, flags] of [
    ["it's here", (path: string) => ` --store '${path.replace("'", "'\\''")}'`],
    ["bell\u0007", () => ""],
  ] as const) {
    const named = `${tempFolder()}/${name}`;
    cpSync(store, named, { recursive: true });
    const config = configOf().replace(`store: ${store}`, `store: ${JSON.stringify(named)}`);
    await serving(
      ["--config", "sallyport.yaml"],
      async ({ urls: [url = ""] }) => {
        const { message } = await review(url, "/mutate/fail", pod(image("unsigned")));
        const [, shown] = /\n# sallyport explain d-[0-9A-Z]{8}(.*)\n$/.exec(message) ?? [];
        assert.is(shown, flags(named));
      },
      { files: { "sallyport.yaml": config, "policies/a.yaml": strict }, now },
    );
  }
});

test("what did not pass is remembered, and explained by its id", async () => {
  const files = { "sallyport.yaml": configOf(), "policies/a.yaml": strict, "policies/b.yaml": lenient };
  let id = "";
  await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""], lines, logged }) => {
      assert.ok((await review(url, "/mutate/fail", pod(image("signed")))).allowed);
      const { message } = await review(url, "/mutate/fail", pod(image("unsigned")));
      const [, given = "", flags] = /\n# sallyport explain (d-[0-9A-Z]{8})( .*)?\n$/.exec(message) ?? [];
      id = given;
      assert.is(flags, ` --store ${store}`, "the file of the configuration is not known to who reads this");
      await logged("request", 2);
      assert.ok(lines().some(({ decision }) => decision === id));
    },
    { files, now },
  );
  for (const env of [{ SALLYPORT_STORE: store }, { SALLYPORT_CONFIG: "sallyport.yaml" }])
    await serving(
      ["--config", "sallyport.yaml"],
      async ({ urls: [url = ""] }) => {
        const { message } = await review(url, "/mutate/fail", pod(image("unsigned")));
        assert.match(message, /\n# sallyport explain d-[0-9A-Z]{8}\n$/);
      },
      { files, now, env },
    );
  const explained = await runCli(["explain", id.toUpperCase(), "--store", store], { now });
  assert.is(explained.exit, 1, explained.err);
  assert.match(explained.out, /Pod shop\/web[\s\S]*no-signature/);
  const { out } = await runCli(["explain", id, "--store", store, "-o", "json"], { now });
  const [{ resource, results }] = JSON.parse(out).decisions;
  assert.equal(resource, { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web" });
  assert.is(results[0].status, "fail");
  const replica = tempFolder();
  cpSync(store, replica, { recursive: true });
  const digest = digestOf(new Uint8Array());
  const from = "oci://registry.corp/sallyport/mirror";
  const facts = { file: "a.db", sequence: 1, size: 1, created: now, key: digest.slice(7), from, keys: [] };
  writeCurrentSnapshot(replica, { ...facts, contentId: digest, statement: digest, manifest: digest });
  const copied = await runCli(["explain", id, "--store", replica], { now });
  assert.match(copied.out, `sallyport snapshot push ${from} --store MIRROR`, "nothing is added to a replica");
  const missing = await runCli(["explain", "d-00000000", "--store", store], { now });
  assert.is(missing.exit, 2);
  assert.match(missing.err, /no decision with this id/);
  assert.is((await runCli(["explain", id], { now })).exit, 2);
});

test("labels of namespaces come from objects; without them a policy that selects by them cannot decide", async () => {
  const match = "any: [{ resources: { kinds: [Pod], namespaceSelector: { matchLabels: { team: a } } } }]";
  const namespace = (team: string) =>
    `apiVersion: v1\nkind: Namespace\nmetadata: { name: shop, labels: { team: ${team} } }\n`;
  const policies = { "policies/a.yaml": policyText({ match }) };
  const verdict = async (files: Record<string, string>): Promise<Verdict> => {
    let found: Verdict | undefined;
    const serve = serving(
      ["--config", "sallyport.yaml"],
      async ({ urls: [url = ""] }) => {
        found = await review(url, "/mutate/fail", pod(image("unsigned")));
      },
      { files: { ...policies, ...files }, now },
    );
    const { err } = await serve;
    assert.ok(found !== undefined, err);
    return found;
  };
  const unknown = await verdict({ "sallyport.yaml": configOf() });
  assert.not(unknown.allowed);
  assert.match(unknown.message, /not-in-mirror/);
  const objects = configOf(", objects: [objects]");
  assert.ok((await verdict({ "sallyport.yaml": objects, "objects/n.yaml": namespace("b") })).allowed);
  const selected = await verdict({ "sallyport.yaml": objects, "objects/n.yaml": namespace("a") });
  assert.match(selected.message, /no-signature/);
});

test("policies that do not load, or select by what a review does not say: it does not start", async () => {
  const byRole = "any: [{ resources: { kinds: [Pod] }, clusterRoles: [admin] }]";
  for (const [policy, code, words] of [
    [
      policyText({ match: byRole, spec: "validationFailureAction: Enforce\nbackground: false" }),
      "unsupported",
      /selects by roles/,
    ],
    [
      "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: { name: a }\nspec: { rules: 1 }\n",
      "invalid-policy",
      /policies\/a\.yaml:4/,
    ],
  ] as const) {
    const files = { "sallyport.yaml": configOf(), "policies/a.yaml": policy };
    const { exit, err } = await serving(["--config", "sallyport.yaml"], async () => undefined, { files, now });
    assert.is(exit, 2, err);
    assert.ok(words.test(err.replaceAll(/\s+/g, " ")), err);
    assert.ok(err.includes(code), err);
  }
  const none = { "sallyport.yaml": `${head}store: ${store}\nlisteners: [${listener}]\n` };
  const { exit, err } = await serving(["--config", "sallyport.yaml"], async () => undefined, { files: none, now });
  assert.is(exit, 2);
  assert.match(err.replaceAll(/\s+/g, " "), /admission needs policies/);
});

test("a change of the policies that does not load keeps what was; one that loads is in force", async () => {
  const files = { "sallyport.yaml": configOf(), "policies/a.yaml": strict };
  await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""], files: world, send, logged }) => {
      const denied = async (): Promise<boolean> => !(await review(url, "/mutate/fail", pod(image("unsigned")))).allowed;
      assert.ok(await denied());
      for (const [round, broken] of ["kind: [", "kind: ConfigMap\napiVersion: v1\nmetadata: { name: x }\n"].entries()) {
        world["policies/a.yaml"] = broken;
        send("SIGHUP");
        await logged("the new configuration is wrong: the old one stays in force", round + 1);
        assert.ok(await denied());
      }
      world["policies/a.yaml"] = policyText({ name: "other", references: '["registry.example/*"]' });
      send("SIGHUP");
      await logged("the configuration was loaded again");
      assert.not(await denied());
    },
    { files, now },
  );
});

test("reviews are counted by Kyverno's names where a setting says so", async () => {
  const counted: (readonly string[])[] = [];
  for (const more of ["", "admission: { kyvernoMetrics: true }\n"]) {
    const { exit, err } = await serving(
      ["--config", "sallyport.yaml"],
      async ({ urls: [url = ""] }) => {
        await review(url, "/mutate/fail", pod(image("unsigned")));
        const text = await (await fetch(`${url}/metrics`)).text();
        assert.match(text, /^sallyport_verify_total\{verdict="refuted",code="no-signature"\} 1$/m);
        assert.match(text, /^sallyport_verify_duration_seconds_count 1$/m);
        counted.push(
          [...text.matchAll(/^kyverno_policy_results_total\{.*rule_result="(\w+)".*\} 1$/gm)].map(
            ([, one = ""]) => one,
          ),
        );
      },
      { files: { "sallyport.yaml": `${configOf()}${more}`, "policies/a.yaml": strict }, now },
    );
    assert.is(exit, 0, err);
  }
  assert.equal(counted, [[], ["fail"]]);
});

test("with allowEmpty a folder may hold no policy, at the start and after a change", async () => {
  const other = "kind: ConfigMap\napiVersion: v1\nmetadata: { name: x }\n";
  const { exit, err } = await serving(
    ["--config", "sallyport.yaml"],
    async ({ urls: [url = ""], files: world, send, logged }) => {
      const denied = async (): Promise<boolean> => !(await review(url, "/mutate/fail", pod(image("unsigned")))).allowed;
      assert.not(await denied());
      world["policies/a.yaml"] = strict;
      send("SIGHUP");
      await logged("the configuration was loaded again");
      assert.ok(await denied());
      world["policies/a.yaml"] = other;
      send("SIGHUP");
      await logged("the configuration was loaded again", 2);
      assert.not(await denied());
    },
    { files: { "sallyport.yaml": configOf(", allowEmpty: true"), "policies/a.yaml": other }, now },
  );
  assert.is(exit, 0, err);
});

test.run();
