import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { extractImages, type Extraction, imagesVariable } from "../../../../core/kyverno/image/extract.ts";
import type { ImageExtractor } from "../../../../core/kyverno/policy/policy.ts";
import { EngineError } from "../../../../core/errors.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/image/extract");
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const names = ({ images }: Extraction): readonly string[] =>
  images.map((image) => `${image.pointer} ${image.group}.${image.key} ${image.reference.canonical}`);
const custom = (resource: JsonObject, ...extractors: readonly ImageExtractor[]): Extraction =>
  extractImages(resource, "Widget", { Widget: extractors }, { limits: defaultLimits });

const podSpec = {
  imagePullSecrets: [{ name: "first" }, { name: "second" }],
  ephemeralContainers: [{ name: "debug", image: "busybox" }],
  containers: [
    { name: "app", image: "ghcr.io/org/app:1" },
    { name: "none", image: " " },
    { name: "null", image: null },
  ],
  initContainers: [{ name: "init", image: `quay.io/x/y@${digest}` }],
};
const expected = (prefix: string): readonly string[] => [
  `${prefix}/initContainers/0/image initContainers.init quay.io/x/y@${digest}`,
  `${prefix}/containers/0/image containers.app ghcr.io/org/app:1`,
  `${prefix}/ephemeralContainers/0/image ephemeralContainers.debug docker.io/busybox:latest`,
];

test("a Pod's images, group by group", () =>
  assert.equal(
    names(extractImages({ spec: podSpec }, "Pod", undefined, { limits: defaultLimits })),
    expected("/spec"),
  ));
for (const kind of ["DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "Job"]) {
  test(`${kind}: the template`, () =>
    assert.equal(
      names(extractImages({ spec: { template: { spec: podSpec } } }, kind, undefined, { limits: defaultLimits })),
      expected("/spec/template/spec"),
    ));
}
test("CronJob: the job's template", () =>
  assert.equal(
    names(
      extractImages({ spec: { jobTemplate: { spec: { template: { spec: podSpec } } } } }, "CronJob", undefined, {
        limits: defaultLimits,
      }),
    ),
    expected("/spec/jobTemplate/spec/template/spec"),
  ));
test("any other kind has no images", () => {
  assert.equal(names(extractImages({ spec: podSpec }, "Widget", undefined, { limits: defaultLimits })), []);
  assert.equal(names(extractImages({ spec: podSpec }, "toString", undefined, { limits: defaultLimits })), []);
  assert.is(
    imagesVariable(extractImages({ spec: podSpec }, "Widget", undefined, { limits: defaultLimits })),
    undefined,
  );
});

test("pull secrets of the objects around an image go with it", () =>
  assert.equal(extractImages({ spec: podSpec }, "Pod", undefined, { limits: defaultLimits }).images[0]?.pullSecrets, [
    "first",
    "second",
  ]));

test("one string that is no image fails alone", () => {
  const extraction = extractImages(
    {
      spec: {
        containers: [
          { name: "a", image: "nginx" },
          { name: "b", image: "Bad Image" },
          { name: "c", image: "redis" },
        ],
      },
    },
    "Pod",
    undefined,
    { limits: defaultLimits },
  );
  assert.equal(names(extraction), [
    "/spec/containers/0/image containers.a docker.io/nginx:latest",
    "/spec/containers/2/image containers.c docker.io/redis:latest",
  ]);
  assert.equal(
    extraction.failed.map(({ text, pointer, error }) => [text, pointer, error.code]),
    [["Bad Image", "/spec/containers/1/image", "malformed"]],
  );
});

const refused: readonly (readonly [what: string, resource: JsonObject])[] = [
  ["a container without a name", { spec: { containers: [{ image: "nginx" }] } }],
  ["a container that is a string", { spec: { containers: ["nginx"] } }],
  ["containers that are a number", { spec: { containers: 5 } }],
  ["a spec that is a list", { spec: [] }],
];
for (const [what, resource] of refused)
  test(`${what} is an error of the rule`, () =>
    void throwsCode("unresolved", () => extractImages(resource, "Pod", undefined, { limits: defaultLimits })));

const steps = {
  spec: {
    steps: [
      { name: "one", image: "nginx" },
      { name: "two", image: "redis:7" },
    ],
    byName: { b: { img: "busybox" } },
    uri: "docker://ghcr.io/org/app:9",
    "a/b": { "c~d": "nginx:s" },
  },
};

test("path with star and value, path alone: the same images, named by pointer", () => {
  const images = [
    "/spec/steps/0/image custom./spec/steps/0/image docker.io/nginx:latest",
    "/spec/steps/1/image custom./spec/steps/1/image docker.io/redis:7",
  ];
  assert.equal(names(custom(steps, { path: "/spec/steps/*", value: "image" })), images);
  assert.equal(names(custom(steps, { path: " spec / steps /*/ image" })), images);
});

test("name and key", () =>
  assert.equal(
    names(custom(steps, { path: "/spec/steps/*", value: "image", name: "steps", key: "name" }))[0],
    "/spec/steps/0/image steps.one docker.io/nginx:latest",
  ));
test("a star over a map", () =>
  assert.equal(names(custom(steps, { path: "/spec/byName/*/img" })), [
    "/spec/byName/b/img custom./spec/byName/b/img docker.io/busybox:latest",
  ]));

test("the pointer is escaped, Kyverno's spelling of it is not", () => {
  // A path cannot name a field with a slash; only a star reaches it.
  const [image] = custom({ spec: { list: { "a/b": { "c~d": "nginx" } } } }, { path: "/spec/list/*/c~d" }).images;
  assert.is(image?.pointer, "/spec/list/a~1b/c~0d");
  assert.is(image?.jsonPointer, "/spec/list/a/b/c~d");
});

test("what is not there has no images", () => {
  for (const path of ["/spec/nope/*/image", "/spec/nope", "/nope/x"]) assert.equal(names(custom(steps, { path })), []);
});

test("a key that is missing, an empty list, a path without a field", () => {
  throwsCode("unresolved", () => custom(steps, { path: "/spec/steps/*/image", key: "id" }));
  throwsCode("unresolved", () => custom(steps));
  throwsCode("unresolved", () => custom(steps, { path: "/" }));
});

test("extractors of other kinds leave the default ones", () =>
  assert.is(
    extractImages({ spec: podSpec }, "Pod", { Task: [{ path: "/spec/x" }] }, { limits: defaultLimits }).images.length,
    3,
  ));

test("own extractors replace the default ones, which stay readable", () => {
  const extraction = extractImages(
    { metadata: { annotations: { image: "redis" } }, spec: podSpec },
    "Pod",
    {
      Pod: [{ path: "/metadata/annotations/image" }],
    },
    { limits: defaultLimits },
  );
  assert.equal(names(extraction), [
    "/metadata/annotations/image custom./metadata/annotations/image docker.io/redis:latest",
  ]);
  assert.equal(Object.keys(imagesVariable(extraction) ?? {}), [
    "initContainers",
    "containers",
    "ephemeralContainers",
    "custom",
  ]);
});

test("a fault of the default ones is told apart", () => {
  const own = { Pod: [{ path: "/metadata/annotations/image" }] };
  const annotations = { image: "redis" };
  for (const [containers, code] of [
    [[{ name: "a", image: "nginx" }], undefined],
    [[{ image: "nginx" }], "unresolved"],
    [[{ name: "a", image: "Bad Image" }], "malformed"],
    ["x", "unresolved"],
  ] as const) {
    const { images, failed, othersFault } = extractImages(
      { metadata: { annotations }, spec: { containers } } as JsonObject,
      "Pod",
      own,
      { limits: defaultLimits },
    );
    assert.equal([images.length, failed.length, othersFault?.code], [1, 0, code]);
  }
});

test("two extractors of one name are merged", () => {
  const extraction = custom(
    steps,
    { path: "/spec/steps/*/image", name: "all" },
    { path: "/spec/byName/b/img", name: "all" },
  );
  assert.is(extraction.images.length, 3);
  assert.equal(Object.keys((imagesVariable(extraction)?.all as JsonObject | undefined) ?? {}), [
    "/spec/steps/0/image",
    "/spec/steps/1/image",
    "/spec/byName/b/img",
  ]);
});

test("an expression makes the reference", () => {
  const evaluate = (_: string, node: unknown): string => String(node).slice("docker://".length);
  const [image] = extractImages(
    steps,
    "Widget",
    { Widget: [{ path: "/spec/uri", jmesPath: "x" }] },
    { evaluate, limits: defaultLimits },
  ).images;
  assert.is(image?.reference.canonical, "ghcr.io/org/app:9");
});

test("an expression that fails, or gives no string, is an error; ignorance passes through", () => {
  const run = (evaluate: () => never | number) =>
    extractImages(
      steps,
      "Widget",
      { Widget: [{ path: "/spec/uri", jmesPath: "x" }] },
      { evaluate, limits: defaultLimits },
    );
  throwsCode("unresolved", () => run(() => 5));
  throwsCode("unresolved", () =>
    run(() => {
      throw new EngineError("unresolved", "no");
    }),
  );
  throwsCode("not-in-mirror", () =>
    run(() => {
      throw new EngineError("not-in-mirror", "no", { subject: "key x" });
    }),
  );
});

test("too many images", () => {
  const containers = Array.from({ length: 4 }, (_, index) => ({ name: `c${index}`, image: "nginx" }));
  throwsCode("over-limit", () =>
    extractImages({ spec: { containers } }, "Pod", undefined, { limits: { ...defaultLimits, imagesPerResource: 3 } }),
  );
});

test("the variable", () => {
  assert.equal(
    JSON.parse(
      JSON.stringify(
        imagesVariable(
          extractImages(
            { spec: { containers: [{ name: "a", image: `reg:5000/x/app:1@${digest}` }] } },
            "Pod",
            undefined,
            { limits: defaultLimits },
          ),
        ),
      ),
    ),
    {
      containers: {
        a: {
          digest,
          jsonPointer: "/spec/containers/0/image",
          name: "app",
          path: "x/app",
          reference: `reg:5000/x/app@${digest}`,
          referenceWithTag: "reg:5000/x/app:1",
          registry: "reg:5000",
          tag: "1",
        },
      },
    },
  );
});

test("volumes that are images, in a Pod and in its controllers", () => {
  const volumes = [
    { name: "config", configMap: { name: "c" } },
    { name: "model", image: { reference: "ghcr.io/org/model:1", pullPolicy: "Always" } },
    { name: "none", image: null },
    { name: "empty", image: {} },
  ];
  for (const [kind, resource, prefix] of [
    ["Pod", { spec: { volumes } }, "/spec"],
    ["Deployment", { spec: { template: { spec: { volumes } } } }, "/spec/template/spec"],
    [
      "CronJob",
      { spec: { jobTemplate: { spec: { template: { spec: { volumes } } } } } },
      "/spec/jobTemplate/spec/template/spec",
    ],
  ] as const)
    assert.equal(names(extractImages(resource as unknown as JsonObject, kind, undefined, { limits: defaultLimits })), [
      `${prefix}/volumes/1/image/reference volumes.model ghcr.io/org/model:1`,
    ]);
  const broken: JsonObject = { spec: { volumes: [{ name: "model", image: "ghcr.io/org/model:1" }] } };
  throwsCode("unresolved", () => extractImages(broken, "Pod", undefined, { limits: defaultLimits }));
});

test.run();
