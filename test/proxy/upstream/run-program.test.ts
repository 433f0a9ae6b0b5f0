import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runProgram } from "../../../proxy/upstream/run-program.ts";

const test = suite("proxy/upstream/run-program");
const { signal } = new AbortController();

test("programs are run: their output, exit codes, bounds and end", async () => {
  const node = (script: string, stop = signal) =>
    runProgram(process.execPath, ["-e", script], { PATH: process.env.PATH, TOLD: "it" }, stop);
  assert.equal(await node("process.stdin.resume(); console.log(process.env.TOLD); console.error('e')"), {
    stdout: "it\n",
    stderr: "e\n",
    failure: undefined,
  });
  assert.is((await node("process.exit(3)")).failure, 3);
  assert.is((await node("process.stdout.write('x'.repeat(1e6))")).failure, "ERR_CHILD_PROCESS_STDIO_MAXBUFFER");
  assert.is((await runProgram("/none/such", [], {}, signal)).failure, "ENOENT");
  const stopped = new AbortController();
  const endless = node("setInterval(() => {}, 1000)", stopped.signal);
  stopped.abort();
  assert.is((await endless).failure, "ABORT_ERR");
});

test("a program gets its input, whether or not it reads it", async () => {
  const cat = "process.stdin.pipe(process.stdout)";
  const run = (script: string) => runProgram(process.execPath, ["-e", script], {}, signal, "in\n");
  assert.is((await run(cat)).stdout, "in\n");
  assert.is((await run("process.stdin.destroy()")).failure, undefined);
});

test.run();
