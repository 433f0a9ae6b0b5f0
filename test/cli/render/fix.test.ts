import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  errorFix,
  type Failed,
  fixLines,
  fixText,
  markedFix,
  type Said,
  withFix,
  withImage,
} from "../../../cli/render/fix.ts";
import { codes, EngineError, type ErrorCode, fixes, remedies, type Remedy } from "../../../core/errors.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import type { RuleResult } from "../../../core/kyverno/image/result.ts";
import { failureOf } from "../../../core/verdict.ts";
import { checks } from "../../../scripts/code-checks.ts";
import { parses } from "../idle-program.ts";

const test = suite("cli/render/fix");

const marked = [...Object.entries(fixes), ...Object.entries(remedies), ...Object.entries(checks)].flatMap(
  ([name, text]) => [...text.matchAll(/`([^`]+)`/g)].map(([, typed = ""]) => [name, typed] as const),
);

test("every command of every fix and check is one of the program, with its flags and arguments", async () => {
  const typed = marked.filter(([, text]) => text.startsWith("sallyport "));
  assert.ok(typed.length > 12, `${typed.length} commands`);
  for (const [name, text] of typed) {
    const words = text.replaceAll("COMMAND", "verify").split(" ").slice(1);
    assert.ok(await parses(words), `${name}: ${text}`);
  }
  assert.not(await parses(["mirror", "add", "--layout", "DIR", "IMAGE"]), "a flag that does not exist is seen");
});

test("every flag of every fix is one of a command that decides", async () => {
  const deciding = [
    ["verify", "IMAGE"],
    ["verify-attestation", "IMAGE"],
    ["apply", "POLICY", "-r", "POD"],
    ["explain", "IMAGE", "-p", "POLICY"],
    ["capsule", "create", "--images", "LIST", "--policies", "DIR", "--store", "DIR", "-f", "FILE"],
    ["replay", "RECORD"],
  ];
  const typed = marked.filter(([, text]) => text.startsWith("-"));
  assert.ok(typed.length > 8, `${typed.length} flags`);
  for (const [name, text] of typed) {
    const taken = await Promise.all(deciding.map((words) => parses([...words, ...text.split(" ")])));
    assert.ok(taken.includes(true), `${name}: ${text}`);
  }
});

test("what a snapshot lacks comes from its publisher; what nobody has signed is signed first", () => {
  const settings = { hasSource: true, snapshotOf: "oci://registry.corp/mirror" };
  const fix = (code: ErrorCode) => fixText({ code }, settings);
  for (const code of ["not-in-mirror", "no-signature"] as const)
    assert.match(fix(code), /then sallyport snapshot push oci:\/\/registry\.corp\/mirror --store MIRROR --key KEY$/);
  assert.match(fix("not-in-mirror"), /^bring it into the mirror/);
  assert.match(fix("no-signature"), /^sign the image where nobody has yet, then bring the signature into the mirror/);
});

test("commands with policies name none of the flags that they lack", async () => {
  const settings = { hasSource: true, byPolicy: true };
  const failures: readonly Failed[] = [
    ...(Object.keys(codes) as ErrorCode[]).map((code) => ({ code })),
    ...(Object.keys(remedies) as Remedy[]).map((remedy) => ({ code: "no-trust" as const, remedy })),
  ];
  for (const failed of failures.filter(({ code }) => ["refuted", "unknown"].includes(codes[code].truth)))
    for (const [, text = ""] of markedFix(failed, settings).matchAll(/`(-[^`]+)`/g)) {
      // What reads a file that was given on the command line names the flag of that command.
      if (["certificate", "public-key", "record-unsigned", "capsule-missing"].includes(failed.remedy ?? "")) continue;
      for (const words of [
        ["apply", "POLICY", "-r", "POD"],
        ["explain", "IMAGE", "-p", "POLICY"],
      ])
        assert.ok(await parses([...words, ...text.split(" ")]), `${failed.code} ${failed.remedy ?? ""}: ${text}`);
    }
});

test("a question that was not asked in time is asked for longer; an expression that grew is made smaller", () => {
  const question: Question = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" };
  assert.match(fixText({ code: "over-budget", question }), /--timeout 10m/);
  assert.match(fixText({ code: "over-budget" }), /^make the expression/);
});

test("what looks like a command or a flag is marked, so that it is checked", () => {
  for (const [name, text] of [...Object.entries(fixes), ...Object.entries(remedies), ...Object.entries(checks)]) {
    assert.is((text.match(/`/g) ?? []).length % 2, 0, name);
    const plain = text.replaceAll(/`[^`]*`/g, "");
    assert.not.match(plain, /--[a-z]|sallyport [a-z]+ [a-z-]+ --/, name);
  }
});

test("every code has a fix, one line of text", () => {
  for (const code of Object.keys(codes) as ErrorCode[]) {
    assert.match(fixText({ code }), /^[a-z`-].{10,}$/, code);
    assert.not.match(fixText({ code }), "`");
  }
});

const tag: Question = { kind: "tag", repository: "r.example/a", tag: "1" };
const secret: Question = { kind: "key", reference: "k8s://ns/key" };

test("an open question has a fix of its kind", () => {
  const fix = (code: ErrorCode, question: Question) => fixText({ code, question });
  assert.match(fix("not-in-mirror", tag), "sallyport mirror add --store STORE IMAGE=LAYOUT");
  assert.match(
    fix("not-in-mirror", { kind: "log-entry", log: "https://log", hash: "h" }),
    /--insecure-ignore-tlog, or rekor\.ignoreTlog: true/,
  );
  assert.match(
    fix("not-in-mirror", { kind: "cluster", verb: "get", apiVersion: "v1", resource: "configmaps", name: "keys" }),
    "--cluster-resource FILE",
  );
  assert.match(fix("no-key", secret), "pin-key --store STORE k8s://ns/key FILE");
  assert.match(fix("no-key", { kind: "key", reference: "awskms://a/b" }), "pin-key --store STORE awskms://a/b FILE");
  assert.match(fix("no-trust", { kind: "trusted-root", name: "corp" }), "trust import --store STORE --name corp FILE");
  assert.is(fix("timed-out", tag), fixText({ code: "timed-out" }), "an outage is no matter of the mirror");
});

test("what a shell would read in another way is not put into a command", () => {
  const question: Question = { kind: "key", reference: "k8s://ns/$(id)" };
  assert.match(fixText({ code: "no-key", question }), "REFERENCE FILE");
});

test("where no mirror and no layout was named, that is what is to be done about images", () => {
  const settings = { hasSource: false };
  assert.match(fixText({ code: "not-in-mirror", question: tag }, settings), "no mirror or layout was named");
  assert.match(fixText({ code: "no-key", question: secret }, settings), "pin-key");
  assert.match(fixText({ code: "no-signature" }, settings), "sign the image");
});

test("an image without signature, of which attestations are known", () => {
  const fix = (types: readonly string[]) =>
    fixText({ code: "no-signature", subject: "r@d" }, { hasSource: true, typesOn: () => types });
  assert.match(fix(["https://a/b"]), "sallyport verify-attestation --type https://a/b IMAGE, or attestations in");
  assert.match(fix(["https://a/b", "https://c"]), /; other types: https:\/\/c$/);
  assert.match(fix(["$(id)"]), "--type TYPE IMAGE");
  assert.match(fix([]), "sign the image");
});

const result = (status: RuleResult["status"], ...list: readonly ErrorCode[]): RuleResult => ({
  policy: "p",
  rule: "r",
  pass: "mutate",
  status,
  message: "",
  action: "Enforce",
  failurePolicy: "Fail",
  position: { file: "p.yaml", line: 1, column: 1 },
  operation: "CREATE",
  failures: list.map((code, stage) => ({ check: "c", code, reason: code, stage })),
  open: [],
});

const other: Question = { kind: "tag", repository: "r.example/shop/web", tag: "2" };

test("a tag that is not here, beside others that are: at most five of them", () => {
  const here = (...tags: readonly string[]) =>
    fixText({ code: "not-in-mirror", question: other }, { hasSource: true, tagsOf: () => tags });
  assert.match(here("1.0"), /^ask for a tag that is here, or bring this one in: .*; here: web:1\.0$/);
  assert.match(here("1", "3", "4", "5", "6", "7"), "here: web:1, web:3, web:4, web:5, web:6");
  assert.not.match(here("1", "3", "4", "5", "6", "7"), "web:7");
  assert.match(here(), "bring it in");
});

test("what the command line said stands in the fix, where a shell needs no quotes for it", () => {
  const fix = (said: Said) => fixText({ code: "not-in-mirror", question: tag }, { hasSource: true, said });
  assert.match(fix({ store: "/var/m" }), "sallyport mirror add --store /var/m IMAGE=LAYOUT");
  assert.match(fix({ store: "my mirror" }), "--store STORE ");
  const newer = fixText(
    { code: "mirror-version", remedy: "newer-mirror" },
    { hasSource: true, said: { store: "/var/m" } },
  );
  assert.match(newer, "--store FOLDER");
  const usage = { hasSource: true, said: { command: "mirror add" } };
  assert.is(fixText({ code: "invalid-usage" }, usage), "see sallyport mirror add --help");
});

test("an image in a fix: with the tag that is meant, where it names a layout's content", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const named = (image: string) => /add (\S+)=LAYOUT/.exec(withImage("add IMAGE=LAYOUT", image))?.[1];
  assert.is(named("shop/web"), "shop/web:latest");
  assert.is(named("r.example:5000/web"), "r.example:5000/web:latest");
  assert.is(named("shop/web:1"), "shop/web:1");
  assert.is(named(`shop/web@${digest}`), "shop/web");
  assert.is(named(`shop/web:1@${digest}`), "shop/web:1");
  assert.is(withImage("verify IMAGE", "shop/web"), "verify shop/web");
});

test("without a signature, where registries were asked: sign, and push", () =>
  assert.match(fixText({ code: "no-signature" }, { hasSource: true, online: true }), "push the signature"));

test("of many results each code is helped once, by the failure that counts", () => {
  const settings = { hasSource: true };
  const results = [
    result("fail", "wrong-key"),
    result("fail", "malformed", "wrong-key"),
    result("error", "no-trust", "wrong-key"),
    result("fail", "unverified-image"),
    result("pass"),
  ];
  assert.equal(
    fixLines(results, settings).map((line) => line.split(":")[0]),
    ["fix for wrong-key", "fix for no-trust"],
  );
  assert.match(fixLines([result("fail", "unverified-image")], settings)[0] ?? "", "fix for unverified-image");
  assert.equal(fixLines([result("pass"), result("skip", "wrong-key")], settings), []);
  assert.is(failureOf(result("pass")), undefined);
});

const ofImage = (image: string, code: ErrorCode): RuleResult => ({
  ...result("fail", code),
  image: {
    image,
    pointer: "/i",
    entry: 0,
    position: { file: "p.yaml", line: 1, column: 1 },
    truth: "refuted",
    attestors: [],
    attestations: [],
    failures: [],
    open: [],
  },
});
const lacksDigest = (image: string): RuleResult => ({
  ...result("fail", "missing-digest"),
  failures: [{ check: "c", code: "missing-digest", reason: `missing digest for ${image}`, stage: 0 }],
});

test("a digest is missing because the image failed: the cause alone has a fix", () => {
  const codesIn = (...results: readonly RuleResult[]) =>
    fixLines(results, { hasSource: true }).map((line) => line.split(":")[0]);
  const notFound = ofImage("r/a:1", "image-not-found");
  assert.equal(codesIn(notFound, lacksDigest("r/a:1")), ["fix for image-not-found"]);
  assert.equal(codesIn(notFound, lacksDigest("r/b:1")), ["fix for image-not-found", "fix for missing-digest"]);
  assert.equal(codesIn(lacksDigest("r/a:1")), ["fix for missing-digest"]);
});

test("a fix names the image, if it is about one", () => {
  const lines = (...images: readonly string[]) =>
    fixLines(
      images.map((image) => ofImage(image, "no-signature")),
      { hasSource: true },
    );
  assert.match(lines("r/a:1", "r/a:1")[0] ?? "", " r/a:1=LAYOUT");
  assert.match(lines("r/a:1", "r/b:1")[0] ?? "", " IMAGE=LAYOUT");
  assert.is(lines("r/a:1", "r/b:1").length, 1);
});

test("an error's own fix is shown in place of its code's", () => {
  const error = new EngineError("invalid-usage", "it is elsewhere", { subject: "d-1" });
  const ofCode = markedFix({ code: "invalid-usage", subject: "d-1" });
  assert.is(errorFix(error), ofCode);
  assert.is(withFix(error, "ask there: `a -b c`"), error);
  assert.is(errorFix(error), "ask there: `a -b c`");
  assert.is(errorFix(new EngineError("invalid-usage", "it is elsewhere", { subject: "d-1" })), ofCode);
});

test.run();
