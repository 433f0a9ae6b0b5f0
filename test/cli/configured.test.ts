/** What a configuration of serve says to the commands that decide. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tempFolder } from "../support/temp-folder.ts";
import { runCli } from "./command-io.ts";
import { demoLayout } from "./demo-layout.ts";

const test = suite("cli/configured");
const demo = demoLayout();
const store = tempFolder();
const text = `apiVersion: sallyport.dev/v1alpha1\nkind: Config\nstore: ${store}\n`;
const files = {
  "key.pub": demo.key.pem,
  "c.yaml": text,
  "bad.yaml": `${text}stores: x\n`,
  "on.yaml": `${text}mode: online\nupstreams: [{ host: a.io }]\n`,
};
const verify = ["verify", "--key", "key.pub", "--insecure-ignore-tlog", demo.signed];

test("the store of the file that SALLYPORT_CONFIG names, unless a variable or a flag says another", async () => {
  await runCli(["mirror", "add", demo.folder, "--complete"], { files, env: { SALLYPORT_CONFIG: "c.yaml" } });
  const seen = await runCli([...verify, "-o", "json"], { files, env: { SALLYPORT_CONFIG: "c.yaml" } });
  assert.is(seen.exit, 0);
  assert.equal(JSON.parse(seen.out).environment, ["SALLYPORT_CONFIG"]);
  const empty = tempFolder();
  for (const world of [
    { words: ["--store", empty], env: {} },
    { words: [], env: { SALLYPORT_STORE: empty } },
  ]) {
    const other = await runCli([...verify, ...world.words], {
      files,
      env: { SALLYPORT_CONFIG: "c.yaml", ...world.env },
    });
    assert.is(other.exit, 2, other.err);
  }
});

test("status takes the file as doctor does; flags, variables and SALLYPORT_CONFIG count as elsewhere", async () => {
  const other = tempFolder();
  const both = { ...files, "o.yaml": text.replace(store, other) };
  await runCli(["mirror", "add", demo.folder, "--store", store], { files });
  await runCli(["mirror", "pin-key", "k8s://shop/key", "key.pub", "--store", other], { files });
  const idOf = async (words: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { exit, out, err } = await runCli(["status", ...words, "-o", "json"], { files: both, env });
    assert.is(exit, 0, err);
    return JSON.parse(out).contentId as string;
  };
  const [mine, others] = [await idOf(["--store", store]), await idOf(["--store", other])];
  assert.is.not(mine, others);
  assert.is(await idOf(["-c", "c.yaml"]), mine);
  assert.is(await idOf(["--config=c.yaml"], { SALLYPORT_CONFIG: "o.yaml" }), mine);
  assert.is(await idOf([], { SALLYPORT_CONFIG: "o.yaml" }), others);
  assert.is(await idOf(["-c", "c.yaml"], { SALLYPORT_STORE: other }), others);
  assert.is(await idOf(["-c", "c.yaml", "--store", other]), others);
  assert.is((await runCli(["status", "-c", "none.yaml"], { files })).exit, 2);
});

test("its mode is that of --online", async () => {
  const { err, exit } = await runCli(["verify", "--key", "key.pub", "--online", "--offline", demo.signed], { files });
  assert.is(exit, 2, err);
  const env = { SALLYPORT_CONFIG: "on.yaml" };
  const image = "127.0.0.1:1/shop/app:1";
  const words = ["verify", "--key", "key.pub", "--insecure-ignore-tlog", "--timeout", "5s", image];
  assert.match((await runCli(words, { files, env })).err, /unreachable|refused/);
  assert.not.match((await runCli([...words, "--offline"], { files, env })).err, /unreachable|refused/);
});

test("a file that does not load ends a command before anything is decided", async () => {
  const { exit, err } = await runCli(verify, { files, env: { SALLYPORT_CONFIG: "bad.yaml" } });
  assert.is(exit, 2);
  assert.match(err, /error invalid-config: stores: unknown field; did you mean "store"\?/);
  assert.is((await runCli(verify, { files, env: { SALLYPORT_CONFIG: "none.yaml" } })).exit, 2);
  assert.is((await runCli(["version"], { files, env: { SALLYPORT_CONFIG: "none.yaml" } })).exit, 0);
});

test.run();
