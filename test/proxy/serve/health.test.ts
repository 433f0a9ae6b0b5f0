import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { healthAnswer } from "../../../proxy/serve/health.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/serve/health");
const fine = { name: "mirror", look: () => undefined };
const broken = {
  name: "mirror",
  look: () => {
    throw new EngineError("mirror-corrupt", "a row is damaged");
  },
};

test("alive is who answers, whatever is missing", () => {
  assert.equal(healthAnswer("/healthz", [broken], true), { status: 200, body: { alive: true } });
});

test("ready is who has everything and is not ending; each reason is said", () => {
  assert.is(healthAnswer("/readyz", [fine], false).status, 200);
  const unfit = healthAnswer("/readyz", [fine, broken], false);
  assert.is(unfit.status, 503);
  assert.equal(unfit.body.checks?.[2], {
    name: "mirror",
    ready: false,
    code: "mirror-corrupt",
    why: "a row is damaged",
  });
  const ending = healthAnswer("/readyz", [fine], true);
  assert.equal([ending.status, ending.body.ready, ending.body.checks?.[0]?.ready], [503, false, false]);
});

test("what is only said is said, and holds nobody back", () => {
  const { status, body } = healthAnswer("/readyz", [fine, { ...broken, isOnlySaid: true }], false);
  assert.equal([status, body.ready], [200, true]);
  const why = "a row is damaged";
  assert.equal(body.checks?.[2], { name: "mirror", ready: false, onlySaid: true, code: "mirror-corrupt", why });
});

test("a bug in a check is no reason: it is not swallowed", () => {
  const bug = {
    name: "bug",
    look: () => {
      throw new EngineError("dialled-offline", "x");
    },
  };
  assert.is(healthAnswer("/readyz", [bug], false).status, 503);
  const defect = {
    name: "defect",
    look: () => {
      throw new TypeError("x");
    },
  };
  assert.throws(() => healthAnswer("/readyz", [defect], false), TypeError);
  throwsCode("mirror-corrupt", broken.look);
});

test.run();
