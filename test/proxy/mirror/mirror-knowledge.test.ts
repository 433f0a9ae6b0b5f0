import Database from "better-sqlite3";
import { join } from "node:path";
import { suite } from "uvu";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import * as assert from "uvu/assert";
import { hold, type Knowledge } from "../../../core/knowledge/knowledge.ts";
import { type Digest, digestOf } from "../../../core/crypto/digest.ts";
import type { Answer } from "../../../core/knowledge/answer.ts";
import { type Question, questionText } from "../../../core/knowledge/question.ts";
import { textDigest } from "../../../proxy/mirror/row-checksum.ts";
import { throwsCode } from "../../support/assert.ts";
import { at, origin, reading, tamper, temporaryMirror, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/mirror-knowledge");
const repository = "ghcr.io/org/app";
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const manifest = bytes('{"layers":[]}');
const digest = digestOf(manifest);
const other = textDigest("other");
const metadata = (version: number, more = ""): Uint8Array =>
  bytes(`{"signed":{"version":${version},"expires":"2027-01-01T00:00:00Z"${more}},"signatures":[]}`);

const floors = { root: "2" };

/** One present answer of every kind. */
const present: readonly (readonly [Question, unknown])[] = [
  [
    { kind: "tag", repository, tag: "1" },
    { mediaType: "a/b", digest, size: 13, artifactType: "c/d", annotations: { é: "ü" } },
  ],
  [{ kind: "manifest", repository, digest }, manifest],
  [{ kind: "blob", repository, digest: textDigest("blob") }, bytes("blob")],
  [{ kind: "referrers", repository, digest }, [{ mediaType: "a/b", digest: other, size: 1 }]],
  [
    { kind: "trusted-root", name: "pinned" },
    { form: "pinned", bytes: bytes("{}") },
  ],
  [
    { kind: "trusted-root", name: "tuf" },
    {
      form: "tuf",
      roots: [metadata(1), metadata(2)],
      timestamp: metadata(7),
      snapshot: metadata(6),
      targets: [
        { role: "targets", bytes: metadata(5) },
        { role: "registry.npmjs.org", bytes: metadata(4) },
      ],
      target: bytes("target"),
    },
  ],
  [{ kind: "key", reference: "k8s://ns/name" }, "-----BEGIN PUBLIC KEY-----\n"],
  [{ kind: "log-entry", log: "rekor.sigstore.dev", hash: "ab" }, { json: '{"x":{"logIndex":1}}' }],
  [
    { kind: "cluster", verb: "get", apiVersion: "v1", resource: "configmaps", namespace: "n", name: "m" },
    { data: { a: ["b", 1, null, true] } },
  ],
];

const filled = () =>
  writtenMirror((mirror) => {
    for (const [question, value] of present)
      mirror.writer().setAnswer(question, { state: "present", value, ...origin });
  });

/** Buffers, plain arrays and objects without prototype compare as what they hold. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, entry) => (entry instanceof Uint8Array ? Buffer.from(entry).toString("hex") : entry)),
  );

test("every kind of answer comes back as it was stored", () => {
  reading(filled(), (mirror) => {
    for (const [question, value] of present)
      assert.equal(
        plain(mirror.knowledge().answer(question)),
        plain({ state: "present", value, at, from: "test" }),
        questionText(question),
      );
  });
});

test("never asked, absent, unavailable", () => {
  const folder = writtenMirror((mirror) => {
    for (const [question] of present) {
      assert.is(mirror.knowledge().answer(question), undefined);
      mirror.writer().setAnswer(question, { state: "unavailable", code: "timed-out", at, from: "ghcr.io" });
      assert.is(mirror.knowledge().answer(question), undefined, "an attempt is no answer");
    }
    assert.is(mirror.attempts().length, present.length);
    for (const [question] of present) mirror.writer().setAnswer(question, { state: "absent", ...origin });
    assert.is(mirror.attempts().length, 0);
  });
  reading(folder, (mirror) => {
    for (const [question] of present)
      assert.equal(mirror.knowledge().answer(question), { state: "absent", at, from: "test" });
  });
});

test("what was known stays known when asking again fails", () => {
  const folder = writtenMirror((mirror) => {
    const question = { kind: "tag", repository, tag: "1" } as const;
    mirror.writer().setAnswer(question, { state: "absent", ...origin });
    mirror
      .writer()
      .setAnswer(question, { state: "unavailable", code: "unreachable", at: "2026-02-02T00:00:00Z", from: "ghcr.io" });
    assert.is(mirror.knowledge().answer(question)?.state, "absent");
  });
  reading(folder, (mirror) =>
    assert.equal(mirror.attempts(), [
      { question: "tag ghcr.io/org/app 1", code: "unreachable", at: "2026-02-02T00:00:00Z", source: "ghcr.io" },
    ]),
  );
});

test("three spellings are one repository", () => {
  const folder = writtenMirror((mirror) =>
    mirror
      .writer()
      .setAnswer({ kind: "tag", repository: "index.docker.io/nginx", tag: "1" }, { state: "absent", ...origin }),
  );
  reading(folder, (mirror) => {
    for (const spelling of ["docker.io/nginx", "docker.io/library/nginx", "index.docker.io/library/nginx", "nginx"])
      assert.is(mirror.knowledge().answer({ kind: "tag", repository: spelling, tag: "1" })?.state, "absent");
  });
});

test("bytes of another repository are not an answer for this one", () => {
  reading(filled(), (mirror) =>
    assert.is(mirror.knowledge().answer({ kind: "manifest", repository: "ghcr.io/org/other", digest }), undefined),
  );
});

test("a flipped byte in any stored bytes is corrupt, with the digest as subject, whoever asks", () => {
  const folder = filled();
  const cases: readonly (readonly [Question, string, Digest])[] = [
    [{ kind: "manifest", repository, digest }, "blob", digest],
    [{ kind: "blob", repository, digest: textDigest("blob") }, "blob", textDigest("blob")],
    [{ kind: "trusted-root", name: "pinned" }, "blob", textDigest("{}")],
    [{ kind: "trusted-root", name: "tuf" }, "blob", textDigest("target")],
    ...[metadata(1), metadata(2), metadata(7), metadata(6), metadata(5), metadata(4)].map(
      (role): [Question, string, Digest] => [{ kind: "trusted-root", name: "tuf" }, "tuf_metadata", digestOf(role)],
    ),
  ];
  const database = new Database(join(folder, "mirror.db"));
  for (const [question, table, stored] of cases) {
    const { bytes: before } = database
      .prepare<[string], { bytes: Buffer }>(`SELECT bytes FROM ${table} WHERE digest = ?`)
      .get(stored) as { bytes: Buffer };
    const put = database.prepare(`UPDATE ${table} SET bytes = ? WHERE digest = ?`);
    for (let index = 0; index < before.length; index += 5) {
      const changed = Buffer.from(before);
      changed[index] = (changed[index] as number) ^ 0x20;
      put.run(changed, stored);
      reading(folder, (mirror) =>
        assert.is(throwsCode("mirror-corrupt", () => mirror.knowledge().answer(question)).subject, stored),
      );
    }
    put.run(Buffer.alloc(0), stored);
    reading(folder, (mirror) => {
      throwsCode("mirror-corrupt", () => mirror.knowledge().answer(question));
      assert.ok(mirror.inspect(nodeVerifier).damage.some(({ subject }) => subject === stored));
    });
    put.run(before, stored);
  }
  database.prepare("DELETE FROM blob WHERE digest = ?").run(digest);
  database.prepare("DELETE FROM tuf_metadata WHERE role = 'root'").run();
  database.close();
  reading(folder, (mirror) => {
    assert.is(
      throwsCode("mirror-corrupt", () => mirror.knowledge().answer({ kind: "manifest", repository, digest })).subject,
      digest,
    );
    throwsCode("mirror-corrupt", () => mirror.knowledge().answer({ kind: "trusted-root", name: "tuf" }));
  });
});

test("a change of any column of an answer's row is corrupt, never another answer", () => {
  const folder = filled();
  const columns = ["kind", "question", "repository", "subject", "state", "digest", "value", "at", "source", "checksum"];
  const database = new Database(join(folder, "mirror.db"));
  const rows = database.prepare("SELECT * FROM answer").all() as Record<string, string | Buffer | null>[];
  assert.is(rows.length, present.length);
  for (const row of rows) {
    for (const column of columns) {
      const changed: unknown =
        column === "state"
          ? "absent"
          : column === "checksum"
            ? Buffer.alloc(32)
            : column === "digest"
              ? other
              : `${row[column] ?? ""}x`;
      const key = {
        kind: column === "kind" ? changed : row.kind,
        question: column === "question" ? changed : row.question,
      };
      database
        .prepare(`UPDATE answer SET ${column} = ? WHERE kind = ? AND question = ?`)
        .run(changed, row.kind, row.question);
      reading(folder, (mirror) => {
        const question = present.find(([candidate]) => questionText(candidate) === row.question)?.[0] as Question;
        // A changed key is another row: what was asked is then unknown, and the row under its new key is damage to an
        // inspection.
        if (column === "kind" || column === "question") assert.is(mirror.knowledge().answer(question), undefined);
        else throwsCode("mirror-corrupt", () => mirror.knowledge().answer(question));
        assert.is(mirror.inspect(nodeVerifier).damage.length, 1, `${row.kind} ${column}`);
      });
      database
        .prepare(`UPDATE answer SET ${column} = ? WHERE kind = ? AND question = ?`)
        .run(row[column], key.kind, key.question);
    }
  }
  database.close();
  reading(folder, (mirror) =>
    assert.equal(mirror.inspect(nodeVerifier), {
      answers: present.length,
      blobs: 4,
      layers: 0,
      damage: [],
      damaged: 0,
    }),
  );
});

test("a pin or a floor whose key was changed is not missed in silence", () => {
  const folder = writtenMirror((mirror) => {
    const writer = mirror.writer();
    for (const [question, value] of present.filter(([{ kind }]) => kind === "trusted-root"))
      writer.setAnswer(question, {
        state: "present",
        value: question.kind === "trusted-root" && question.name === "tuf" ? { ...(value as object), floors } : value,
        ...origin,
      });
    writer.pin({ kind: "trusted-root", name: "pinned", bytes: bytes("[]") }, origin);
  });
  const floor = "UPDATE tuf_floor SET repository = ? WHERE repository = ?";
  tamper(folder, floor, "tug", "tuf");
  reading(folder, (mirror) =>
    throwsCode("mirror-corrupt", () => mirror.knowledge().answer({ kind: "trusted-root", name: "tuf" })),
  );
  tamper(folder, floor, "tuf", "tug");
  tamper(folder, "UPDATE pin SET name = 'pinnee'");
  reading(folder, (mirror) =>
    throwsCode("mirror-corrupt", () => mirror.knowledge().answer({ kind: "trusted-root", name: "pinned" })),
  );
});

test("an answer whose value does not read is corrupt", () => {
  const folder = filled();
  tamper(folder, "DELETE FROM answer WHERE kind = 'key'");
  const answer: Answer = { state: "present", value: "text", ...origin };
  writtenMirror((mirror) => mirror.writer().setAnswer({ kind: "key", reference: "x" }, answer), folder);
  tamper(folder, "UPDATE answer SET value = '{' WHERE kind = 'key'");
  reading(folder, (mirror) =>
    throwsCode("mirror-corrupt", () => mirror.knowledge().answer({ kind: "key", reference: "x" })),
  );
});

/** What is read while the source is held. */
function together<T>(source: Knowledge, read: () => T): T {
  const release = hold(source);
  try {
    return read();
  } finally {
    release();
  }
}

test("what is read together is of one moment, and a trusted root is one object for each version", () => {
  const folder = filled();
  const mirror = temporaryMirror(folder);
  const [tag, root] = [
    { kind: "tag", repository, tag: "1" },
    { kind: "trusted-root", name: "tuf" },
  ] as const;
  try {
    reading(folder, (reader) => {
      const knowledge = reader.knowledge();
      const look = () => [knowledge.answer(tag)?.state, knowledge.answer(root)] as const;
      const [before, held] = together(knowledge, look);
      assert.is(before, "present");
      together(knowledge, () => {
        assert.is(knowledge.answer(root), held);
        mirror.writer().setAnswer(tag, { state: "absent", ...origin });
        assert.equal(look(), ["present", held]);
        // Within another it is the same moment.
        assert.equal(together(knowledge, look), ["present", held]);
      });
      const [after, again] = together(knowledge, look);
      assert.is(after, "absent");
      assert.is.not(again, held);
      assert.equal(plain(again), plain(held));
      assert.is(look()[0], "absent");
    });
    // The writer's own writes are seen, too.
    const own = mirror.knowledge();
    const held = together(own, () => own.answer(root));
    mirror.writer().pin({ kind: "trusted-root", name: "tuf", bytes: bytes("{}") }, origin);
    assert.is.not(
      together(own, () => own.answer(root)),
      held,
    );
  } finally {
    mirror.close();
  }
});

test("damage that is met among other answers ends nothing but its own question", () => {
  const folder = filled();
  tamper(folder, "UPDATE answer SET source = 'x' WHERE kind = 'tag'");
  reading(folder, (mirror) => {
    const knowledge = mirror.knowledge();
    throwsCode("mirror-corrupt", () =>
      together(knowledge, () => knowledge.answer({ kind: "tag", repository, tag: "1" })),
    );
    together(knowledge, () => {
      throwsCode("mirror-corrupt", () => knowledge.answer({ kind: "tag", repository, tag: "1" }));
      assert.is(knowledge.answer({ kind: "manifest", repository, digest })?.state, "present");
    });
    assert.is(knowledge.answer({ kind: "manifest", repository, digest })?.state, "present");
  });
});

test("a column that became bytes is damage of its row, and told as its question", () => {
  for (const column of ["source", "at", "digest", "value"]) {
    const folder = filled();
    tamper(folder, `UPDATE answer SET ${column} = CAST('x' AS BLOB) WHERE kind = 'tag'`);
    reading(folder, (mirror) => {
      const error = throwsCode("mirror-corrupt", () =>
        mirror.knowledge().answer({ kind: "tag", repository, tag: "1" }),
      );
      assert.equal([error.subject, error.cause], [`${repository}:1`, undefined], column);
    });
  }
});

test("claims of one image are those of the moment, for each of its questions, and others' are not", () => {
  const folder = filled();
  const mirror = temporaryMirror(folder);
  const claimed = { at: "2026-03-03T00:00:00Z", from: "layout x" };
  const [referrers, tag, elsewhere] = [
    { kind: "referrers", repository, digest: other },
    { kind: "tag", repository, tag: `${other.replace(":", "-")}.sig` },
    { kind: "tag", repository: "ghcr.io/org/second", tag: "1" },
  ] as const;
  try {
    mirror.writer().setComplete(repository, claimed);
    reading(folder, (reader) => {
      const knowledge = reader.knowledge();
      const look = () => [referrers, tag, elsewhere].map((question) => knowledge.answer(question)?.state);
      together(knowledge, () => {
        assert.equal(look(), ["absent", "absent", undefined]);
        mirror.writer().clearComplete(repository);
        assert.equal(look(), ["absent", "absent", undefined]);
      });
      assert.equal(together(knowledge, look), [undefined, undefined, undefined]);
    });
  } finally {
    mirror.close();
  }
});

test.run();
