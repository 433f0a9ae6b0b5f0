import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isSqliteError, loadSqlite, openDatabase } from "../../../proxy/mirror/sqlite.ts";
import { EngineError } from "../../../core/errors.ts";

const test = suite("proxy/mirror/sqlite");

function refusal(load: Parameters<typeof loadSqlite>[0]): EngineError {
  try {
    loadSqlite(load);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("it was loaded");
}

test("opens a database, and knows its errors", () => {
  const database = openDatabase(":memory:");
  try {
    database.exec("SELECT * FROM nothing");
    assert.unreachable();
  } catch (error) {
    assert.ok(isSqliteError(error));
  }
  database.close();
  assert.not(isSqliteError(new Error("another")));
});

test("a package that is missing, and one without a native part for this Node, have a code and a remedy", () => {
  const missing = refusal(() => {
    throw new Error("Cannot find module 'better-sqlite3'\nRequire stack:");
  });
  const other = refusal(
    () =>
      class {
        constructor() {
          throw new Error("Could not locate the bindings file. Tried:\n → /a");
        }
      },
  );
  for (const error of [missing, other]) {
    assert.equal([error.code, error.remedy], ["invalid-config", "sqlite"]);
    assert.match(error.message, `${process.platform}-${process.arch}`);
    assert.match(error.message, `ABI ${process.versions.modules}`);
  }
});

/** A package whose native part is where `has` says so. It keeps what it is asked for. */
function packageWith(has: (file: string) => boolean, native: () => void = () => undefined) {
  const asked: string[] = [];
  const notFound = (name: string) => Object.assign(new Error(`no ${name}`), { code: "MODULE_NOT_FOUND" });
  const load = (name: string): unknown => {
    asked.push(name);
    if (name.endsWith(".node")) return native();
    return class {
      close() {
        asked.push("searched");
      }
    };
  };
  const resolve = (name: string): string => {
    if (!has(name)) throw notFound(name);
    return `/${name}`;
  };
  return { load: Object.assign(load, { resolve }), asked };
}

test("the native part is found where npm puts it and where the offline package has it, or the package searches", () => {
  const built = "better-sqlite3/build/Release/better_sqlite3.node";
  const carried = `better-sqlite3/lib/binding/node-v${process.versions.modules}-${process.platform}-${process.arch}/`;
  for (const [has, expected] of [
    [(file: string) => file === built, `/${built}`],
    [(file: string) => file.startsWith(carried), `/${carried}better_sqlite3.node`],
    [() => false, undefined],
  ] as const) {
    const { load, asked } = packageWith(has);
    assert.is(loadSqlite(load).nativeBinding, expected);
    assert.equal(asked, expected === undefined ? ["better-sqlite3", "searched"] : [expected]);
  }
});

test("a native part for another Node has the same code as none", () => {
  const { load } = packageWith(
    () => true,
    () => {
      throw Object.assign(new Error("was compiled against a different Node.js version"), { code: "ERR_DLOPEN_FAILED" });
    },
  );
  assert.equal([refusal(load).code, refusal(load).remedy], ["invalid-config", "sqlite"]);
});

test.run();
