import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { limitsWith } from "../../../core/limits.ts";
import { listImages } from "../../../proxy/sync/list-images.ts";
import type { ImageList } from "../../../proxy/sync/lists/image-list.ts";
import { rejectsCode } from "../../support/assert.ts";

const test = suite("proxy/sync/list-images");
const repository = "ghcr.io/a/b";

interface Given extends Partial<ImageList> {
  /** Of the repository; undefined where it is not there. */
  readonly there?: readonly string[] | undefined;
  readonly fault?: EngineError;
  readonly mirrored?: readonly string[];
  readonly isWhole?: boolean;
  readonly listEntries?: number;
}

async function listed({ there, fault, mirrored = [], isWhole = false, listEntries = 100, ...list }: Given) {
  const asked: string[] = [];
  const found = await listImages(
    { images: [], tags: [], notes: [], ...list },
    {
      listTags: async (name) => {
        asked.push(name);
        if (fault !== undefined) throw fault;
        return there === undefined ? undefined : ({ tags: there } as never);
      },
      mirrored: () => mirrored,
      isWhole,
      signal: new AbortController().signal,
      limits: limitsWith({ listEntries }),
    },
  );
  return { ...found, asked, texts: found.images.map(({ text }) => text) };
}

const entry = (tags: ImageList["tags"][number]["tags"], from = "l:1") => ({ repository, tags, from });

test("references and tags, each image once; the first that names it counts", async () => {
  const { texts, images, asked, problems } = await listed({
    images: [{ reference: `${repository}:v1`, from: "l:1", expect: "unsigned" }],
    tags: [entry({ glob: "v*" }, "l:2"), entry("all", "l:3")],
    there: ["v1", "v2", "latest"],
  });
  assert.equal(texts, [`${repository}:v1`, `${repository}:v2`, `${repository}:latest`]);
  assert.equal(
    images.map(({ from, expect }) => [from, expect]),
    [
      ["l:1", "unsigned"],
      ["l:2", undefined],
      ["l:3", undefined],
    ],
  );
  assert.equal([asked, problems], [[repository], []]);
});

test("an entry that takes nothing is a problem with its place, beside what others take", async () => {
  const { texts, problems } = await listed({
    tags: [entry({ glob: "v9*" }, "l:1"), entry({ range: ">=2" }, "l:2"), entry({ glob: "v1" }, "l:3")],
    there: ["v1"],
  });
  assert.equal(texts, [`${repository}:v1`]);
  assert.equal(
    problems.map(({ code, why, isIgnorable }) => [code, why.split(":").slice(0, 2).join(":"), isIgnorable]),
    [
      ["image-not-found", "l:1", false],
      ["image-not-found", "l:2", false],
    ],
  );
  assert.is((await listed({ tags: [entry("all")], there: [] })).problems.length, 1);
});

test("what cannot be listed is one problem, and the mirror's tags are taken", async () => {
  const fault = new EngineError("unreachable", "nobody answers");
  const { texts, problems, whole } = await listed({ tags: [entry("all")], fault, mirrored: ["v1"] });
  assert.equal(texts, [`${repository}:v1`]);
  assert.equal(
    problems.map(({ code, isIgnorable }) => [code, isIgnorable]),
    [["unreachable", true]],
  );
  assert.is(whole[0]?.why, "nobody answers");
  const absent = await listed({ tags: [entry({ glob: "x" })], there: undefined });
  assert.equal(
    absent.problems.map(({ code }) => code),
    ["image-not-found"],
  );
});

test("for a claim of completeness, repositories of references are listed too", async () => {
  const given = { images: [{ reference: `${repository}:v1`, from: "l:1" }], there: ["v1", "v2"] };
  assert.equal((await listed(given)).asked, []);
  const { texts, whole } = await listed({ ...given, isWhole: true });
  assert.equal(texts, [`${repository}:v1`]);
  assert.equal(whole, [{ repository, tags: ["v1", "v2"] }]);
});

test("more images than the bound are refused", async () => {
  await rejectsCode("over-limit", () => listed({ tags: [entry("all")], there: ["1", "2", "3"], listEntries: 2 }));
});

test.run();
