/**
 * The engine is synchronous and has no clock, no chance and no host: a scan of core's code, comments and strings left
 * out. Source: docs/architecture.md#portability.
 */
import type { CheckReport } from "./check.ts";
import { blankText, lineAt, readSources } from "./source-text.ts";

interface Rule {
  readonly name: string;
  readonly pattern: RegExp;
  /** Files to which the rule does not apply. */
  readonly except?: readonly string[];
}

const asynchronous = ["core/decide/settle.ts"];

const rules: readonly Rule[] = [
  { name: "async", pattern: /\basync\b/g, except: asynchronous },
  { name: "await", pattern: /\bawait\b/g, except: asynchronous },
  // `Asker` is the one asynchronous role: knowledge.ts declares it beside `Knowledge`, and holds no code for it.
  { name: "Promise", pattern: /\bPromise\b/g, except: [...asynchronous, "core/knowledge/knowledge.ts"] },
  { name: "queueMicrotask", pattern: /\bqueueMicrotask\b/g },
  { name: "timer", pattern: /\bset(?:Timeout|Interval|Immediate)\b/g },
  { name: "Date.now", pattern: /\bDate\s*\.\s*now\b/g },
  { name: "new Date() without an argument", pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\s(\w]))/g },
  { name: "Date() as a function", pattern: /(?<!new\s+)(?<![\w.$])Date\s*\(/g },
  { name: "performance", pattern: /\bperformance\s*\./g },
  { name: "Math.random", pattern: /\bMath\s*\.\s*random\b/g },
  { name: "Buffer", pattern: /(?<![\w.$])Buffer\b/g },
  { name: "process", pattern: /(?<![\w.$])process\s*\./g },
  { name: "globalThis", pattern: /\bglobalThis\b/g },
  { name: "eval", pattern: /(?<![\w.$])eval\s*\(|\bnew\s+Function\b/g },
  { name: "locale-dependent text", pattern: /\.(?:toLocale\w*|localeCompare)\s*\(|(?<![\w.$])Intl\b/g },
];

/** Checks `core` below `root`; nothing to scan is a fault. */
export function checkPurity(root: string): CheckReport {
  const files = readSources(root, ["core"]);
  const faults: string[] = [];
  for (const { path, text } of files) {
    const code = blankText(text, { strings: "blank" });
    for (const { name, pattern, except = [] } of rules) {
      if (except.includes(path)) continue;
      for (const found of code.matchAll(pattern)) faults.push(`${path}:${lineAt(code, found.index)}: ${name}`);
    }
  }
  if (files.length === 0) faults.push("no file was scanned");
  return { saw: `${files.length} files`, faults };
}
