import { hashSync } from "bcryptjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parsePasswordFile } from "../../../proxy/serve/htpasswd.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/serve/htpasswd");
const now = (): Date => new Date("2026-11-23T12:00:00Z");
const ada = `ada:${hashSync("lovelace", 4)}`;

test("a user with the right password matches, again and again; nobody else does", async () => {
  const file = parsePasswordFile(
    `# people\n${ada}\r\n\nbot:${hashSync("pass:word", 4).replace("$2b", "$2y")}\n`,
    "users",
    { now },
  );
  for (let times = 0; times < 2; times++) {
    assert.is(await file.look("ada", "lovelace"), "right");
    assert.is(await file.look("bot", "pass:word"), "right");
    for (const [user, password] of [
      ["ada", "Lovelace"],
      ["ada", ""],
      ["ada", "pass:word"],
      ["Ada", "lovelace"],
      ["nobody", "lovelace"],
      ["nobody", ""],
      ["", ""],
      ["ada", `lovelace${"x".repeat(100)}`],
    ] as const)
      assert.is(await file.look(user, password), "wrong", `${user} ${password}`);
  }
});

test("bcrypt reads 72 bytes: a longer password never matches by its beginning", async () => {
  const long = "p".repeat(72);
  const file = parsePasswordFile(`ada:${hashSync(long, 4)}`, "users", { now });
  assert.is(await file.look("ada", long), "right");
  assert.is(await file.look("ada", `${long}p`), "wrong");
});

/** A file whose comparisons are counted, and end when they are told to. */
function counted() {
  const waiting: (() => void)[] = [];
  let seconds = 0;
  let compared = 0;
  const file = parsePasswordFile(ada, "users", {
    now: () => new Date(Date.parse("2026-11-23T12:00:00Z") + seconds * 1000),
    compare: async (password) => {
      compared += 1;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return password === "lovelace";
    },
  });
  return {
    look: file.look,
    count: () => compared,
    wait: (more: number): void => {
      seconds += more;
    },
    end: (): void => {
      for (const one of waiting.splice(0)) one();
    },
  };
}

test("a flood of wrong logins: four are compared at once, the rest are told to try again, unlooked", async () => {
  const { look, count, end } = counted();
  const flood = Array.from({ length: 1000 }, (_, index) => look(`user${index}`, "guess"));
  assert.is(count(), 4);
  assert.is(await look("ada", "lovelace"), "busy");
  end();
  const answers = await Promise.all(flood);
  assert.is(answers.filter((one) => one === "busy").length, 996);
  assert.is(answers.filter((one) => one === "wrong").length, 4);
});

test("the same login at once is compared once; a wrong one not again for ten seconds", async () => {
  const { look, count, end, wait } = counted();
  const same = Array.from({ length: 100 }, () => look("ada", "guess"));
  assert.is(count(), 1);
  end();
  assert.equal([...new Set(await Promise.all(same))], ["wrong"]);
  wait(9);
  assert.is(await look("ada", "guess"), "wrong");
  assert.is(count(), 1);
  wait(2);
  const again = look("ada", "guess");
  assert.is(count(), 2);
  end();
  assert.is(await again, "wrong");
});

test("a right login costs one comparison while it is in use, and wrong ones do not drive it out", async () => {
  const { look, count, end, wait } = counted();
  const first = look("ada", "lovelace");
  end();
  assert.is(await first, "right");
  for (let index = 0; index < 2000; index++) {
    const guess = look("ada", `guess${index}`);
    end();
    assert.is(await guess, "wrong");
  }
  assert.is(count(), 2001);
  for (let times = 0; times < 3; times++) {
    wait(59);
    assert.is(await look("ada", "lovelace"), "right");
  }
  assert.is(count(), 2001);
  wait(61);
  const later = look("ada", "lovelace");
  assert.is(count(), 2002);
  end();
  assert.is(await later, "right");
});

test("files that are no such files are refused with their line", () => {
  const cost15 = ada.replace("$04$", "$15$");
  for (const [text, line] of [
    ["ada", 1],
    [":x", 1],
    ["ada:lovelace", 1],
    ["ada:$apr1$x$y", 1],
    ["ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", 1],
    [`${ada}\nbob:$2b$04$short`, 2],
    [`${ada}\n${ada}`, 2],
    [`#\n${cost15}`, 2],
  ] as const) {
    const error = throwsCode("invalid-config", () => parsePasswordFile(text, "users", { now }));
    assert.is(error.subject, `users:${line}`);
    assert.not.match(error.message, /lovelace/);
  }
  throwsCode("invalid-config", () => parsePasswordFile("# nobody\n", "users", { now }));
});

test.run();
