/** The built `serve` as a webhook, and an echo beside it: each in a process of its own, by HTTPS. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { authorityFolder } from "../../proxy/serve/authority-folder.ts";
import { makeServerCertificate } from "../../proxy/serve/own-certificate.ts";
import { buildDist } from "../build.ts";
import { buildBundled } from "./bundled.ts";
import { type Running, startServer, usedBy } from "./server-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");

export interface Serving extends Running {
  readonly pid: number;
}

/** A folder with a certificate of its own, and what is started in it. */
export class AdmissionFolder {
  readonly path: string;
  readonly #tls: Readonly<Record<"certificate" | "key", string>>;
  readonly #running: Running[] = [];

  private constructor(path: string) {
    this.path = path;
    this.#tls = { certificate: join(path, "cert.pem"), key: join(path, "key.pem") };
  }

  /** Builds the program first. */
  static async open(): Promise<AdmissionFolder> {
    await buildDist(root);
    const folder = new AdmissionFolder(mkdtempSync(join(tmpdir(), "sallyport-bench-")));
    await folder.renew();
    return folder;
  }

  /** Another certificate in the files of the old one. */
  async renew(): Promise<void> {
    const made = await makeServerCertificate(["127.0.0.1"], authorityFolder(this.path), new Date());
    writeFileSync(this.#tls.certificate, made.certificate);
    writeFileSync(this.#tls.key, made.key);
  }

  /** The policies of {@link serve}, which watches their file. */
  edit(policy: string): void {
    writeFileSync(join(this.path, "policy.yaml"), policy);
  }

  get store(): string {
    return join(this.path, "mirror");
  }

  async echo(): Promise<Running> {
    const program = await buildBundled("echo-process");
    const running = await startServer(program, [this.#tls.certificate, this.#tls.key]);
    this.#running.push(running);
    return running;
  }

  /** The built program over the folder's mirror, with these policies. `flags`: of Node. */
  async serve(policy: string, more: object = {}, flags: readonly string[] = []): Promise<Serving> {
    const file = join(this.path, "serve.yaml");
    this.edit(policy);
    const config = {
      apiVersion: "sallyport.dev/v1alpha1",
      kind: "Config",
      store: this.store,
      listeners: [{ address: "127.0.0.1:0", serves: ["admission"], tls: { from: "files", ...this.#tls } }],
      policies: { folders: [join(this.path, "policy.yaml")] },
      ...more,
    };
    writeFileSync(file, JSON.stringify(config));
    const words = [...flags, join(root, "dist/sallyport.mjs"), "serve", "--config", file, "-o", "json"];
    const child = spawn(process.execPath, words, {
      stdio: ["ignore", "pipe", process.env.SEE === undefined ? "ignore" : "inherit"],
    });
    const [said] = (await once(child.stdout, "data")) as unknown as readonly [Buffer];
    const { listeners } = JSON.parse(said.toString()) as { readonly listeners: readonly { readonly url: string }[] };
    const running = {
      pid: child.pid ?? 0,
      port: Number(new URL(listeners[0]?.url ?? "").port),
      use: async () => ({ cpu: usedBy(child.pid), most: 0 }),
      end: () => void child.kill(),
    };
    this.#running.push(running);
    return running;
  }

  /** Ends what was started, and removes the folder. */
  close(): void {
    for (const one of this.#running) one.end();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** What a server says to one request. */
export function answerOf(port: number, request: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.once("data", (bytes) => {
      socket.destroy();
      resolve(bytes.toString());
    });
    socket.once("error", reject);
    socket.write(request);
  });
}

/** @throws Error for a server that does not admit and mutate the request. */
export async function requireAdmitted(port: number, request: Buffer): Promise<void> {
  const said = await answerOf(port, request);
  if (!said.includes('"allowed":true') || !said.includes('"patch"')) throw new Error(`it is not admitted: ${said}`);
}
