// Asks the webhook about a resource without images, and ends with 0 when it is admitted: whoever admits it has its
// policies, since before that everything is denied. The certificate is not checked: that is up to API servers.
const kind = { group: "", version: "v1", kind: "ConfigMap" };
const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "test", namespace: "default" } };
const request = { uid: "helm-test", kind, operation: "CREATE", namespace: "default", name: "test", object };
const body = JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request });
const fail = (why) => {
  console.error(`not admitted: ${why}`);
  process.exit(1);
};
const options = { method: "POST", rejectUnauthorized: false, headers: { "content-type": "application/json" } };
const { protocol } = new URL(process.env.URL);
const { request: ask } = require(protocol === "http:" ? "http" : "https");
const asked = ask(process.env.URL, options, (response) => {
  let text = "";
  response.on("data", (chunk) => {
    text += chunk;
  });
  response.on("end", () => {
    if (response.statusCode !== 200) return fail(`${response.statusCode} ${text}`);
    const { allowed, status } = JSON.parse(text).response;
    if (!allowed) return fail(status && status.message);
    console.log("a review was answered");
  });
});
asked.setTimeout(10_000, () => fail("no answer within 10 seconds"));
asked.on("error", (error) => fail(error.message));
asked.end(body);
