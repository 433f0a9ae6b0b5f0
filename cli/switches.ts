/**
 * Switches in Go's style: `--flag=false`, and the last one given counts. `--flag false` is the same for a command that
 * takes no arguments; for others the word is one. A switch may have settings of its own beside true and false, after
 * `=` alone. Source: docs/spec/command-line.md#switches; Go's strconv.ParseBool.
 */
import type { Command, Option } from "commander";
import { EngineError } from "../core/errors.ts";

const truths: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true])),
  ...Object.fromEntries(["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false])),
};

const truthOf = (text: string): boolean | undefined => (Object.hasOwn(truths, text) ? truths[text] : undefined);

/** @throws EngineError `invalid-usage` */
export function readTruth(text: string, flag: string): boolean {
  const truth = truthOf(text);
  if (truth === undefined)
    throw new EngineError("invalid-usage", `${flag} takes true or false`, { subject: `${flag}=${text}` });
  return truth;
}

/** A switch that has settings of its own: what it is alone is its preset. */
const hasSettings = (option: Option): boolean => option.optional && option.presetArg !== undefined;

const isSwitch = (option: Option): boolean => !option.required && (!option.optional || hasSettings(option));

/** A word, or a switch and what it is set to: on, off, or a setting of its own. */
type Token = string | { readonly attribute: string; readonly on: boolean; readonly setting?: string };

/** The setting of a switch that has some; without one it has its preset. */
function readSetting(option: Option, text: string | undefined): Token {
  const attribute = option.attributeName();
  const preset = String(option.presetArg);
  const truth = text === undefined ? true : truthOf(text);
  return { attribute, on: truth ?? true, setting: truth === undefined ? (text ?? preset) : preset };
}

type Note = (text: string) => void;

class Reader {
  readonly tokens: Token[] = [];
  readonly #words: readonly string[];
  readonly #note: Note;
  /** From the program to the called command. */
  readonly #path: Command[];

  constructor(words: readonly string[], program: Command, note: Note) {
    this.#words = words;
    this.#note = note;
    this.#path = [program];
  }

  get options(): readonly Option[] {
    return this.#path.flatMap(({ options }) => options);
  }

  read(): this {
    for (let index = 0; index < this.#words.length; index++) {
      const word = this.#words[index] as string;
      if (word === "--") {
        this.tokens.push(...this.#words.slice(index));
        break;
      }
      const next = this.#words[index + 1];
      if (this.#isSetBy(word, next)) {
        this.#take(`${word}=${next}`);
        index++;
        continue;
      }
      // The option's value is the next word, even one that looks like an option.
      this.#noteApart(word, next);
      if (this.#take(word)) this.tokens.push(...this.#words.slice(++index, index + 1));
    }
    return this;
  }

  /** Takes a word. True when the next one belongs to it. */
  #take(word: string): boolean {
    const long = /^(?<flag>--[^=]+)(?:=(?<text>.*))?$/s.exec(word)?.groups;
    if (long !== undefined) return this.#takeOption(word, long.flag as string, long.text);
    if (/^-[^-]/.test(word)) return this.#takeLetters(word);
    this.tokens.push(word);
    const called = this.#path.at(-1)?.commands.find((command) => command.name() === word);
    if (called !== undefined) this.#path.push(called);
    return false;
  }

  /** Whether the next word sets a switch: where it cannot be an argument, nor the name of a command. */
  #isSetBy(word: string, next = "-"): boolean {
    const [command] = this.#path.slice(1).slice(-1);
    const option = this.#find(word);
    if (command === undefined || option === undefined || !isSwitch(option) || hasSettings(option)) return false;
    if (command.registeredArguments.length > 0 || next.startsWith("-")) return false;
    return truthOf(next) !== undefined || command.commands.length === 0;
  }

  /** A setting that stands as a word of its own is an image or a layout, which is seldom meant. */
  #noteApart(word: string, next = ""): void {
    const option = this.#find(word);
    if (option === undefined || !isSwitch(option)) return;
    const settings = hasSettings(option) ? (option.argChoices ?? []) : ["true", "false"];
    if (settings.includes(next)) this.#note(`${next} is an argument of its own here; did you mean ${word}=${next}?`);
  }

  #takeOption(word: string, flag: string, text: string | undefined): boolean {
    const option = this.#find(flag);
    if (option === undefined || !isSwitch(option)) {
      this.tokens.push(word);
      return option?.required === true && text === undefined;
    }
    if (hasSettings(option)) {
      this.tokens.push(readSetting(option, text));
      return false;
    }
    const said = text === undefined || readTruth(text, flag);
    const isNegation = option.negate && option.long === flag;
    this.tokens.push({ attribute: option.attributeName(), on: isNegation ? !said : said });
    return false;
  }

  /** `-tp` is `-t -p`; in `-rFILE` the rest is a value. */
  #takeLetters(word: string): boolean {
    const [, flag = "", rest = ""] = /^(-[^-])(.*)$/s.exec(word) ?? [];
    const option = this.#find(flag);
    if (option === undefined || !isSwitch(option)) {
      this.tokens.push(word);
      return option?.required === true && rest === "";
    }
    if (rest.startsWith("=")) return this.#takeOption(word, flag, rest.slice(1));
    this.#takeOption(flag, flag, undefined);
    return rest !== "" && this.#takeLetters(`-${rest}`);
  }

  /** The option of the innermost command that has it; `--x` may exist as `--no-x` alone. */
  #find(flag: string): Option | undefined {
    return (
      this.options.findLast(({ short, long }) => short === flag || long === flag) ??
      this.options.findLast(({ long, negate }) => negate && long === flag.replace(/^--/, "--no-"))
    );
  }
}

/**
 * The words with each switch once, at its last setting, in a form that the parser knows. `note` hears of a setting that
 * stands as a word of its own.
 * @throws EngineError `invalid-usage` for a switch with a value other than true or false.
 */
export function foldSwitches(
  words: readonly string[],
  program: Command,
  note: Note = () => undefined,
): readonly string[] {
  const { tokens, options } = new Reader(words, program, note).read();
  const last = new Map(tokens.map((token, index) => [typeof token === "string" ? "" : token.attribute, index]));
  return tokens.flatMap((token, index) => {
    if (typeof token === "string") return [token];
    const { attribute, on, setting } = token;
    if (last.get(attribute) !== index) return [];
    if (setting !== undefined) {
      const long = options.findLast((option) => hasSettings(option) && option.attributeName() === attribute)?.long;
      return on && long !== undefined ? [`${long}=${setting}`] : [];
    }
    const form = options.findLast(
      (option) => isSwitch(option) && option.attributeName() === attribute && option.negate !== on,
    );
    // A setting without a form is the default, so it is left out.
    return form?.long === undefined ? [] : [form.long];
  });
}
