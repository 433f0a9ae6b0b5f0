import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeState, readState } from "../../../core/decide/state-document.ts";
import type { JsonValue } from "../../../core/encoding/json.ts";
import type { SourceState } from "../../../core/knowledge/knowledge.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/decide/state-document");

test("a state is the same after it was written and read", () => {
  const states: readonly SourceState[] = [
    {},
    { mirrored: {} },
    {
      distrust: [{ kind: "log", value: "ab".repeat(32), reason: "lies", date: "2026-01-01" }],
      newestSignedTime: new Date("2026-06-01T12:00:00.123Z"),
      mirrored: { at: new Date("2026-06-02T00:00:00Z"), by: "archive" },
      checkpoints: ["a note\n"],
    },
  ];
  for (const state of states) assert.equal(readState(encodeState(state), ""), state);
  assert.equal(encodeState({ version: "7" }), {});
});

test("anything else is refused with its place", () => {
  const refused: readonly (readonly [JsonValue, string])[] = [
    [{ version: "7" }, "/version"],
    [{ mirrored: { by: "hearsay" } }, "/mirrored/by"],
    [{ mirrored: { at: "today" } }, "/mirrored/at"],
    [{ newestSignedTime: 7 }, "/newestSignedTime"],
    [{ distrust: [{ kind: "weather", value: "x" }] }, "/distrust/0/kind"],
    [{ checkpoints: [1] }, "/checkpoints/0"],
  ];
  for (const [json, at] of refused) assert.is(throwsCode("malformed", () => readState(json, "")).subject, at);
});

test.run();
