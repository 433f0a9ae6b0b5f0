import { hashSync } from "bcryptjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parsePasswordFile } from "../../../proxy/serve/htpasswd.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/serve/htpasswd");
const ada = `ada:${hashSync("lovelace", 4)}`;

test("a user with the right password matches, again and again; nobody else does", async () => {
  const file = parsePasswordFile(
    `# people\n${ada}\r\n\nbot:${hashSync("pass:word", 4).replace("$2b", "$2y")}\n`,
    "users",
  );
  for (let times = 0; times < 2; times++) {
    assert.ok(await file.matches("ada", "lovelace"));
    assert.ok(await file.matches("bot", "pass:word"));
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
      assert.not.ok(await file.matches(user, password), `${user} ${password}`);
  }
});

test("bcrypt reads 72 bytes: a longer password never matches by its beginning", async () => {
  const long = "p".repeat(72);
  const file = parsePasswordFile(`ada:${hashSync(long, 4)}`, "users");
  assert.ok(await file.matches("ada", long));
  assert.not.ok(await file.matches("ada", `${long}p`));
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
    const error = throwsCode("invalid-config", () => parsePasswordFile(text, "users"));
    assert.is(error.subject, `users:${line}`);
    assert.not.match(error.message, /lovelace/);
  }
  throwsCode("invalid-config", () => parsePasswordFile("# nobody\n", "users"));
});

test.run();
