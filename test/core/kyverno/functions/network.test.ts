import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imageFunctions, urlFunctions } from "../../../../core/kyverno/functions/network.ts";
import { fails, holds, query } from "./query.ts";

const test = suite("core/kyverno/functions/network");

test("an address is decided, a name cannot be", () => {
  assert.is(urlFunctions.length + imageFunctions({}).length, 2);
  holds([
    ["is_external_url('http://172.15.0.1')", true],
    ["is_external_url('http://10.0.0.1:80/x')", false],
    ["is_external_url('http://[fe80::1%25eth0]:80/x')", true],
    ["is_external_url('http://[fd00::1%25eth0]/')", false],
  ]);
  fails([
    "is_external_url('http://a.example')",
    "is_external_url('http://localhost')",
    "is_external_url('')",
    "is_external_url('://bad')",
    "is_external_url('http://[fe80::1%25]/')",
  ]);
});

test("images by the decision's settings", () => {
  holds([
    ["image_normalize('nginx')", "docker.io/nginx:latest"],
    ["image_normalize('localhost:5000/app:dev')", "localhost:5000/app:dev"],
  ]);
  assert.is(
    query("image_normalize('nginx')", {}, { references: { defaultRegistry: "quay.io" } }),
    "quay.io/nginx:latest",
  );
  fails(["image_normalize(' nginx')", "image_normalize('kauri/App')", "image_normalize('')"]);
});

test.run();
