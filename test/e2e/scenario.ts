/** One end-to-end scenario: what it needs, and what it does. It fails by throwing. */
import type { Component } from "./components.ts";
import type { Outcome, Stage } from "./processes.ts";

export interface Tools {
  readonly stage: Stage;
  /** The path of a component that the scenario needs. */
  readonly program: (component: Component) => string;
  /** The built program's file. */
  readonly main: string;
  /** Runs the built `sallyport`. */
  readonly sallyport: (words: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Outcome>;
}

export interface Scenario {
  readonly name: string;
  readonly needs: readonly Component[];
  readonly run: (tools: Tools) => Promise<void>;
}
