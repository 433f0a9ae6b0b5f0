/** The part of `tested-elsewhere.ts` about records and capsules. */
export const recordsTestedElsewhere: Readonly<Record<string, { readonly test: string; readonly why: string }>> = {
  "core/capsule/capsule-document.ts": {
    test: "test/core/capsule/open-capsule.test.ts",
    why: "its format and every member are written and read there",
  },
  "core/capsule/capsule-file.ts": {
    test: "test/core/capsule/open-capsule.test.ts",
    why: "every kind of byte of a file is flipped there, and files are cut",
  },
  "core/capsule/capsule-knowledge.ts": {
    test: "test/core/capsule/open-capsule.test.ts",
    why: "decides there what its source decides",
  },
  "core/capsule/write-capsule.ts": {
    test: "test/core/capsule/open-capsule.test.ts",
    why: "what it writes is opened there",
  },
  "core/decide/verify-by-attestor.ts": {
    test: "test/core/entry/component.test.ts",
    why: "images are verified there as a policy asks, and in test/cli/commands/replay.test.ts as `verify` does",
  },
  "core/decide/verified-json.ts": {
    test: "test/cli/commands/replay.test.ts",
    why: "what `verify` recorded is replayed byte for byte and explained there",
  },
  "cli/render/verified-outcome.ts": {
    test: "test/cli/commands/replay.test.ts",
    why: "images that were verified, refuted and never mirrored are explained there",
  },
  "core/record/answers-document.ts": {
    test: "test/core/record/replay.test.ts",
    why: "answers of every kind, outages and damage are recorded and read again there",
  },
  "core/record/decision-record.ts": {
    test: "test/core/record/replay.test.ts",
    why: "records are made there, signed and not",
  },
  "core/record/read-record.ts": {
    test: "test/core/record/replay.test.ts",
    why: "every flipped byte, cut files and other files are read there",
  },
  "core/record/request-document.ts": {
    test: "test/core/record/replay.test.ts",
    why: "requests go through every record there",
  },
  "core/record/first-difference.ts": {
    test: "test/core/record/replay.test.ts",
    why: "the first node of two trees is found there",
  },
  "cli/input/record-flags.ts": {
    test: "test/cli/commands/replay.test.ts",
    why: "records are made by the flags there",
  },
  "cli/input/record-file.ts": {
    test: "test/cli/commands/replay.test.ts",
    why: "damaged files are named there",
  },
  "cli/render/replay.ts": {
    test: "test/cli/commands/replay.test.ts",
    why: "every line of an answer is looked for there",
  },
  "proxy/capsule/make-capsule.ts": {
    test: "test/cli/commands/capsule.test.ts",
    why: "capsules of a mirror are made there, whole and as deltas",
  },
  "cli/input/capsule-flags.ts": {
    test: "test/cli/commands/capsule.test.ts",
    why: "keys, floors and deltas are given there",
  },
  "cli/input/capsule-options.ts": {
    test: "test/cli/commands/capsule.test.ts",
    why: "its flags are given there",
  },
  "cli/render/capsule.ts": {
    test: "test/cli/commands/capsule.test.ts",
    why: "what it shows is looked for there",
  },
  "core/record/verification.ts": {
    test: "test/cli/commands/replay.test.ts",
    why: "what verify finds is recorded there, and replayed",
  },
  "cli/input/record-options.ts": {
    test: "test/cli/commands/replay.test.ts",
    why: "its flags are given there",
  },
};
