/** A password that standard input holds: a command line is seen by every process of the machine. */
import type { CommandIO } from "../command.ts";
import { readGivenText, usage } from "./given-file.ts";
import type { PeerOptions } from "./online-flags.ts";

const longest = 4096;
/** Standard input is read once, and a command may ask several times. */
const once = new WeakMap<CommandIO["readFile"], string>();

/** The options with the password in its place. @throws EngineError `invalid-usage` */
export function withPassword<Options extends PeerOptions>(options: Options, io: CommandIO): Options {
  if (options.registryPasswordStdin !== true) return options;
  const flag = "--registry-password-stdin";
  if (options.registryPassword !== undefined)
    throw usage("--registry-password and --registry-password-stdin exclude each other", flag);
  // A text that ends with a line's end, as echo writes it, ends with no part of the password.
  const registryPassword = once.get(io.readFile) ?? readGivenText("-", io).replace(/\r?\n$/, "");
  once.set(io.readFile, registryPassword);
  if (registryPassword === "" || registryPassword.length > longest || /[\r\n\0]/.test(registryPassword))
    throw usage(`${flag} takes one line of at most ${longest} characters, and standard input has none`, flag);
  return { ...options, registryPassword };
}
