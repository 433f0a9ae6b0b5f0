import { suite } from "uvu";
import * as assert from "uvu/assert";
import { variables } from "../../../cli/environment.ts";
import { runCli } from "../command-io.ts";

const test = suite("cli/commands/env");
const env = { SALLYPORT_STORE: "/m", COSIGN_PASSWORD: "hunter2", COSIGN_KEY: "k.pub", COSIGN_REGISTRY_TOKEN: "t0ken" };

test("every variable with its description and value; a shell can read it", async () => {
  const { exit, out } = await runCli(["env"], { env });
  assert.is(exit, 0);
  for (const name of Object.keys(variables))
    assert.match(out, new RegExp(`^# ${name}: .*\\n# Expects: .*\\n${name}=`, "m"));
  assert.match(out, "\nSALLYPORT_STORE=/m\n".slice(1));
  assert.match(out, "COSIGN_KEY=k.pub\n");
  const plain = (await runCli(["env", "--show-descriptions=false"], { env })).out;
  assert.ok(
    plain
      .trimEnd()
      .split("\n")
      .every((line) => /^\w+=/.test(line)),
  );
});

test("passwords and tokens are shown only when that is asked for", async () => {
  for (const format of ["text", "json", "yaml"]) {
    const { out } = await runCli(["env", "-o", format], { env });
    assert.not.match(out, /hunter2|t0ken/);
  }
  assert.match((await runCli(["env", "--show-sensitive-values"], { env })).out, "COSIGN_PASSWORD=hunter2\n");
});

test("of an address, the user and the password are masked, and the host is shown", async () => {
  const rows: readonly (readonly [string, string])[] = [
    ["http://proxy.example:3128", "http://proxy.example:3128"],
    ["http://ada:hunter2@proxy.example:3128", "http://***@proxy.example:3128"],
    ["ada:hunter2@proxy.example:3128", "***@proxy.example:3128"],
    ["http://ada:hun/ter2@hunter2@proxy.example", "http://***@proxy.example"],
  ];
  for (const name of ["HTTPS_PROXY", "https_proxy", "VAULT_ADDR", "TUF_MIRROR"])
    for (const [value, shown] of rows) {
      const { out } = await runCli(["env"], { env: { [name]: value } });
      assert.match(out, new RegExp(`^${name}=${shown.replaceAll(/[*.]/g, "\\$&")}$`, "m"));
    }
  assert.match((await runCli(["env", "--show-sensitive-values"], { env: { HTTP_PROXY: "a:b@c" } })).out, "a:b@c");
});

test("a document", async () => {
  const { kind, variables: rows } = JSON.parse((await runCli(["env", "-o", "json"], { env })).out);
  assert.is(kind, "Environment");
  const store = rows.find(({ name }: { readonly name: string }) => name === "SALLYPORT_STORE");
  assert.equal([store.value, store.does], ["/m", "decides"]);
});

test.run();
