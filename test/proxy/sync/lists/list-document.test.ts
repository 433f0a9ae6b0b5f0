import { suite } from "uvu";
import * as assert from "uvu/assert";
import { listed, references, refusal } from "./listed.ts";

const test = suite("proxy/sync/lists/list-document");
const head = "apiVersion: sallyport.dev/v1alpha1\nkind: ImageList\n";

test("references and maps", () => {
  const text = `${head}metadata: { name: plant }
images:
  - ghcr.io/a/b:1
  - image: ghcr.io/a/c:1
    expect: unsigned
    refresh: never
    children: false
  - { image: ghcr.io/a/d, tags: ">=1.2 <2" }
  - { image: ghcr.io/a/d, tags: { range: 1.x } }
  - { image: ghcr.io/a/d, tags: "1.*", children: "true" }
  - { image: ghcr.io/a/e, tags: all }
  - ghcr.io/a/e:v*
`;
  const { images, tags } = listed(text);
  assert.equal(images, [
    { reference: "ghcr.io/a/b:1", from: "f:5" },
    { reference: "ghcr.io/a/c:1", expect: "unsigned", refresh: "never", children: false, from: "f:6" },
  ]);
  assert.equal(
    tags.map(({ repository, tags: taken, children }) => [repository, taken, children]),
    [
      ["ghcr.io/a/d", { range: ">=1.2 <2" }, undefined],
      ["ghcr.io/a/d", { range: "1.x" }, undefined],
      ["ghcr.io/a/d", { glob: "1.*" }, true],
      ["ghcr.io/a/e", "all", undefined],
      ["ghcr.io/a/e", { glob: "v*" }, undefined],
    ],
  );
});

test("a bare list, in YAML and JSON", () => {
  assert.equal(references("- nginx\n- image: redis\n"), ["docker.io/nginx:latest", "docker.io/redis:latest"]);
  assert.equal(references('["nginx", {"image": "redis"}]'), ["docker.io/nginx:latest", "docker.io/redis:latest"]);
});

test("it is read strictly, with every fault", () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ["image: nginx", "invalid-usage f:3", 1],
    ["images: nginx", "invalid-usage f:3", 1],
    ["images: [nginx]\nextra: 1", "invalid-usage f:4", 1],
    ["images:\n- {image: nginx, colour: red}\n- {images: nginx}\n- 12", "invalid-usage f:4", 3],
    ["images:\n- {image: nginx, tags: 1.10}", "invalid-usage f:4", 1],
    ["images:\n- {image: nginx, tags: {}}", "invalid-usage f:4", 1],
    ["images:\n- {image: nginx, tags: {glob: x, range: y}}", "invalid-usage f:4", 1],
    ["images:\n- {image: nginx, tags: {semver: x}}", "invalid-usage f:4", 1],
    ["images:\n- {image: nginx, children: perhaps}", "invalid-usage f:4", 1],
    ["images:\n- {image: nginx, expect: 1}", "invalid-usage f:4", 1],
    ["images:\n- {image: 'nginx:1', tags: all}", "invalid-usage f:4", 1],
    ["images:\n- 'ghcr.io/A:1'", "invalid-reference f:4", 1],
    ["images: []", "invalid-usage f:1", 1],
  ];
  for (const [text, place, count] of rows) assert.equal(refusal(`${head}${text}\n`), [place, count], text);
  assert.equal(refusal("apiVersion: sallyport.dev/v2\nkind: ImageList\nimages: [nginx]\n")[0], "invalid-usage f:2");
  assert.equal(refusal("apiVersion: sallyport.dev/v1alpha1\nkind: Images\nimages: [nginx]\n")[0], "invalid-usage f:2");
});

test.run();
