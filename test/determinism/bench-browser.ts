/**
 * Keyless decisions in Chromium beside the same in Node, by the same script and the portable verifier. Both are divided
 * by what one verification of noble takes there, so that the engines of JavaScript are not compared.
 */
import { createPublicKey, generateKeyPairSync, sign as signBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { findBrowser } from "./browser.ts";
import { Lab, sign } from "../lab/index.ts";
import { ourKey } from "../support/archive-store.ts";
import { imageOf, makeCapsule, podWith } from "../support/capsules.ts";
import { bundleText } from "../../scripts/build-engine.ts";
import type { Bench } from "../../scripts/bench/bench.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

/** Milliseconds of one decision and of one bare verification, each the median of its rounds. */
const measure = `
({ capsule, keys, request, now, key, message, signature, rounds, runs }) => {
  const { createEngine, createKernelVerifier, defaultLimits, nobleVerifier } = sallyport;
  const { openCapsule, parsePublicKeysPem } = sallyport;
  const bytesOf = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const accepted = keys.flatMap((text) => parsePublicKeysPem(text, defaultLimits));
  const opened = openCapsule(bytesOf(capsule), { keys: accepted, verifier: nobleVerifier, limits: defaultLimits });
  const crypto = createKernelVerifier(WebAssembly);
  const asked = sallyport.requestFor(JSON.parse(request));
  // A new engine remembers nothing.
  const decide = () => {
    const engine = createEngine({ ...opened.engine, crypto });
    if (!engine.decide(asked, opened.knowledge, new Date(now)).allowed) throw new Error("it was denied");
  };
  const [bareKey] = parsePublicKeysPem(key, defaultLimits);
  const [signed, by] = [{ message: bytesOf(message) }, bytesOf(signature)];
  const verify = () => {
    if (!nobleVerifier.verify({ scheme: "ecdsa", hash: "sha256" }, bareKey, signed, by))
      throw new Error("no signature");
  };
  const timeOf = (run) => {
    for (let warm = 0; warm < 2 * runs; warm++) run();
    const times = [];
    for (let round = 0; round < rounds; round++) {
      const begun = performance.now();
      for (let count = 0; count < runs; count++) run();
      times.push((performance.now() - begun) / runs);
    }
    return times.sort((left, right) => left - right)[Math.floor(rounds / 2)];
  };
  return { decision: timeOf(decide), bare: timeOf(verify) };
}`;

interface Measured {
  readonly decision: number;
  readonly bare: number;
}

const inUnits = ({ decision, bare }: Measured): number => decision / bare;

export const edgeBrowser: Bench = {
  name: "browser",
  says: "keyless decisions in Chromium and in Node by portable code, each in verifications of noble there",
  async run({ quick }) {
    const browser = findBrowser();
    if (browser === undefined) return { skipped: "no chromium" };
    const lab = new Lab();
    const signed = sign(lab, { layout: "bundle", by: "certificate" });
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const message = Buffer.from("what was signed");
    const given = JSON.stringify({
      capsule: Buffer.from(makeCapsule([signed]).bytes).toString("base64"),
      keys: [createPublicKey(ourKey.pem).export({ type: "spki", format: "pem" })],
      request: JSON.stringify(podWith(imageOf(signed)).object),
      now: lab.now.toISOString(),
      key: publicKey.export({ type: "spki", format: "pem" }),
      message: message.toString("base64"),
      signature: signBytes("sha256", message, privateKey).toString("base64"),
      rounds: quick ? 3 : 15,
      runs: quick ? 5 : 20,
    });
    const script = await bundleText(root, "edge", "script");
    const page = `<!doctype html><script src="/engine.js"></script><script type="module">
      let body;
      try { body = JSON.stringify((${measure})(${given})); }
      catch (error) { body = JSON.stringify(String(error?.stack)); }
      await fetch("/measured", { method: "POST", body });
    </script>`;
    const files = {
      "/": ["text/html; charset=utf-8", page],
      "/engine.js": ["text/javascript; charset=utf-8", script],
    } as const;
    const there = JSON.parse(await browser.run(files, "/measured")) as Measured | string;
    if (typeof there === "string") throw new Error(`Chromium: ${there}`);
    const here = runInThisContext(`${script}\n;(${measure})(${given})`) as Measured;
    return [
      { what: "one verification of noble in Node, times Chromium's", ratio: here.bare / there.bare },
      {
        what: "speed of a keyless decision in Chromium, of Node's, each by noble's there",
        ratio: inUnits(here) / inUnits(there),
        atLeast: 0.5,
      },
    ];
  },
};
