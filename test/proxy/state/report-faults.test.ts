import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { reportFaults } from "../../../proxy/state/report-faults.ts";

const test = suite("proxy/state/report-faults");

test("what fails with a code is reported, and a fault of the program is thrown", () => {
  const told: EngineError[] = [];
  const report = (error: EngineError): void => void told.push(error);
  assert.is(
    reportFaults(() => 7, report),
    7,
  );
  const busy = new EngineError("mirror-busy", "somebody writes");
  const failing = (error: Error) => () => {
    throw error;
  };
  assert.is(reportFaults(failing(busy), report), undefined);
  assert.equal(told, [busy]);
  assert.throws(() => reportFaults(failing(new TypeError("a bug")), report), "a bug");
  assert.is(told.length, 1);
});

test.run();
