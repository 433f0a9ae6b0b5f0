import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  isObject,
  member,
  own,
  pointer,
  pointerSteps,
  readArray,
  readInteger,
  readObject,
  readString,
  readStringMap,
  refuseUnknownKeys,
  textOr,
} from "../../../core/encoding/shape.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/encoding/shape");

test("a pointer's steps are escaped", () => {
  assert.is(pointer(pointer("", "a/b"), "c~d"), "/a~1b/c~0d");
  assert.is(pointer("/x", 3), "/x/3");
  assert.equal(pointerSteps("/a~1b/c~0d/~01/3"), ["a/b", "c~d", "~1", "3"]);
  assert.equal([pointerSteps(""), pointerSteps("/")], [[], [""]]);
});

test("each reader takes its kind and names the place of any other", () => {
  const samples = [null, true, 1, "text", [1], { a: 1 }, undefined];
  const readers = {
    readString: ["text"],
    readArray: [[1]],
    readObject: [{ a: 1 }],
    readInteger: [1],
  } as const;
  const functions = { readString, readArray, readObject, readInteger };
  for (const [name, [good]] of Object.entries(readers)) {
    const read = functions[name as keyof typeof functions] as (value: unknown, at: string) => unknown;
    for (const sample of samples) {
      if (JSON.stringify(sample) === JSON.stringify(good)) assert.equal(read(sample, "/at"), sample);
      else
        assert.is(
          throwsCode("malformed", () => read(sample, "/at")).subject,
          "/at",
          `${name} of ${JSON.stringify(sample)}`,
        );
    }
  }
  assert.is(throwsCode("malformed", () => readObject(1, "")).subject, "/");
});

test("integers that a double holds", () => {
  assert.is(readInteger(Number.MAX_SAFE_INTEGER, ""), Number.MAX_SAFE_INTEGER);
  for (const value of [0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
    throwsCode("malformed", () => readInteger(value, ""));
});

test("an own member may be null; a text that is empty or none has a substitute", () => {
  assert.is(own({ a: null }, "a"), null);
  assert.equal([own({}, "toString"), own({}, "a")], [undefined, undefined]);
  assert.equal(
    [textOr("a", "b"), textOr("", "b"), textOr(1, "b"), textOr(undefined), textOr(null)],
    ["a", "b", "b", "", ""],
  );
});

test("members are own ones, and null is absent", () => {
  assert.is(member({ a: null }, "a"), undefined);
  assert.is(member({}, "toString"), undefined);
  assert.is(member({ a: 0 }, "a"), 0);
  assert.not(isObject([]));
});

test("unknown keys and maps of strings", () => {
  refuseUnknownKeys({ a: 1 }, new Set(["a", "b"]), "");
  assert.is(throwsCode("malformed", () => refuseUnknownKeys({ c: 1 }, new Set(["a"]), "/x")).subject, "/x/c");
  assert.equal({ ...readStringMap({ a: "b" }, "") }, { a: "b" });
  assert.is(throwsCode("malformed", () => readStringMap({ a: 1 }, "/m")).subject, "/m/a");
  assert.is(Object.getPrototypeOf(readStringMap({}, "")), null);
});

test.run();
