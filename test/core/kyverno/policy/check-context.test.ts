import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ruleFaults } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/check-context");
const variable = { value: 1 };

const cases: readonly (readonly [name: string, entry: Record<string, unknown>, faults: readonly string[]])[] = [
  ["a variable", { name: "a", variable }, []],
  ["no name", { name: "", variable }, ["/name"]],
  ["a reserved name", { name: "request", variable }, ["/name"]],
  ["a member of a reserved name", { name: "images.x", variable }, ["/name"]],
  ["a name that begins like a reserved one", { name: "requester", variable }, []],
  ["nothing", { name: "a" }, [""]],
  ["two forms", { name: "a", variable, globalReference: { name: "x" } }, [""]],
  ["a variable of nothing", { name: "a", variable: {} }, ["/variable"]],
  ["a default without a query", { name: "a", variable: { value: 1, default: 2 } }, ["/variable/default"]],
  ["a query that does not parse", { name: "a", variable: { jmesPath: "a[" } }, ["/variable/jmesPath"]],
  ["a query with variables is not parsed", { name: "a", variable: { jmesPath: "a[{{ request.x }}" } }, []],
  ["a ConfigMap without namespace", { name: "a", configMap: { name: "x" } }, ["/configMap"]],
  ["a ConfigMap without name", { name: "a", configMap: { name: "", namespace: "x" } }, ["/configMap"]],
  ["a call of nothing", { name: "a", apiCall: {} }, ["/apiCall"]],
  ["a call of two", { name: "a", apiCall: { urlPath: "/a", service: { url: "https://b" } } }, ["/apiCall"]],
  ["data with GET", { name: "a", apiCall: { urlPath: "/a", data: [{ key: "a", value: 1 }] } }, ["/apiCall/data"]],
  ["an image's query", { name: "a", imageRegistry: { reference: "x", jmesPath: "a b" } }, ["/imageRegistry/jmesPath"]],
  ["a global reference without name", { name: "a", globalReference: { name: "" } }, ["/globalReference"]],
  ["an image without reference", { name: "a", imageRegistry: { reference: "" } }, ["/imageRegistry"]],
  ["a global query", { name: "a", globalReference: { name: "x", jmesPath: "" } }, []],
];
for (const [name, entry, faults] of cases)
  test(name, () =>
    assert.equal(
      ruleFaults({ context: [entry] }),
      faults.map((fault) => `invalid-policy /context/0${fault}`),
    ),
  );

test.run();
