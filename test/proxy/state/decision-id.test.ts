import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findDecisionId, instanceLetters, isIdOf, newDecisionId } from "../../../proxy/state/decision-id.ts";

const test = suite("proxy/state/decision-id");

test("no two are the same, and each is found however it is typed", () => {
  const ids = new Set(Array.from({ length: 1000 }, () => newDecisionId(instanceLetters("sallyport-0"))));
  assert.is(ids.size, 1000);
  for (const id of ids) {
    assert.is(findDecisionId(id), id);
    assert.is(findDecisionId(id.toLowerCase()), id);
  }
});

test("an id begins with the letters of its instance", () => {
  const names = ["sallyport-5d9f-x2x", "sallyport-5d9f-abc", "sallyport-5d9f-q7z"];
  for (const name of names) {
    const id = newDecisionId(instanceLetters(name));
    assert.equal(
      names.filter((one) => isIdOf(id, one)),
      [name],
    );
  }
  assert.match(instanceLetters(""), /^[0-9A-HJKMNP-TV-Z]{2}$/);
});

test("what is none: images, letters that look like digits, other lengths", () => {
  for (const text of ["", "d-", "d-0000000", "d-000000000", "d-0000000O", "d-0000000I", "e-00000000", "d-00000000:1"])
    assert.is(findDecisionId(text), undefined, text);
});

test.run();
