import { suite } from "uvu";
import * as assert from "uvu/assert";
import { repositoriesAt, unlistedIn } from "../../../proxy/sync/unlisted.ts";

const test = suite("proxy/sync/unlisted");

test("a repository is at a listed host however either of them is spelled", () => {
  const isListed = repositoriesAt(["docker.io", "GHCR.io", "registry.test:5000"]);
  const at = ["docker.io/library/nginx", "index.docker.io/library/nginx", "nginx", "ghcr.io/org/app"];
  for (const repository of [...at, "registry.test:5000/a"]) assert.is(isListed(repository), true, repository);
  for (const repository of ["registry.test/a", "quay.io/a/b", "ghcr.io.evil.test/a"])
    assert.is(isListed(repository), false, repository);
});

test("images and repositories at other hosts are named with their place", () => {
  const list = {
    images: [
      { reference: "ghcr.io/org/app:1", from: "a:1" },
      { reference: `quay.io/b@sha256:${"a".repeat(64)}`, from: "a:2" },
    ],
    tags: [{ repository: "quay.io/c", tags: "all", from: "a:3" }] as const,
  };
  assert.equal(
    unlistedIn(list, repositoriesAt(["ghcr.io"])).map(({ from }) => from),
    ["a:2", "a:3"],
  );
  assert.equal(unlistedIn(list, repositoriesAt(["ghcr.io", "quay.io"])), []);
});

test.run();
