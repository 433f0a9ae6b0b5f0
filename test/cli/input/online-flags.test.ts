import { Command } from "commander";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addOnlineOptions, isOnline, type OnlineOptions, readAskingBounds } from "../../../cli/input/online-flags.ts";
import { throwsCode } from "../../support/assert.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/online-flags");

const parse = (words: readonly string[], likeCosign = true): OnlineOptions =>
  addOnlineOptions(new Command().exitOverride(), { likeCosign }).parse(words, { from: "user" }).opts();
const online = (words: readonly string[], env: Readonly<Record<string, string>> = {}, likeCosign = true): boolean =>
  isOnline(parse(words, likeCosign), testIO({ env }).io);

test("nothing is asked unless it was said", () => {
  assert.is(online([]), false);
  assert.is(online(["--offline"]), false);
  assert.is(online(["--online"]), true);
  assert.is(online(["--registry"], {}, false), true);
  assert.is(online(["--registry-username", "bot", "--allow-http-registry"]), false);
});

test("the mode of the environment, which a flag beats", () => {
  assert.is(online([], { SALLYPORT_MODE: "online" }), true);
  assert.is(online([], { SALLYPORT_MODE: "offline" }), false);
  assert.is(online(["--offline"], { SALLYPORT_MODE: "online" }), false);
  assert.is(online(["--online"], { SALLYPORT_MODE: "offline" }), true);
  throwsCode("invalid-usage", () => online([], { SALLYPORT_MODE: "auto" }));
});

test("both on one command line contradict each other", () => {
  throwsCode("invalid-usage", () => online(["--online", "--offline"]));
  throwsCode("invalid-usage", () => online(["--registry", "--offline"], {}, false));
});

test("bounds: their defaults, what was given, what is none", () => {
  const bounds = (...words: readonly string[]) => readAskingBounds(parse(words));
  assert.equal(bounds(), { timeoutMs: 180_000, inFlight: 10, refreshMs: 0 });
  assert.equal(bounds("-t", "1m30s", "--max-workers", "3", "--refresh", "5m"), {
    timeoutMs: 90_000,
    inFlight: 3,
    refreshMs: 300_000,
  });
  for (const words of [
    ["--max-workers", "0"],
    ["--max-workers", "-1"],
    ["--max-workers", "1e3"],
    ["--timeout", "0s"],
    ["--timeout", "soon"],
    ["--refresh", "-5m"],
  ])
    throwsCode("invalid-usage", () => bounds(...words));
});

test.run();
