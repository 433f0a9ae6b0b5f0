/**
 * An attack of the catalogue as a test. `page.ts` finds the calls by their text: number and description stand in them
 * as literals.
 */
import { suite } from "uvu";
import { catalogue } from "./catalogue.ts";

export interface AttackSuite {
  /** `number`: the row of the catalogue; `what`: what the attacker does here. A row may have several. */
  readonly attack: (number: number, what: string, body: () => void) => void;
  readonly run: () => void;
}

/**
 * The attacks of one file, `test/attacks/<theme>.test.ts`.
 * @throws Error for a number that the catalogue does not have.
 */
export function attackSuite(theme: string): AttackSuite {
  const test = suite(`attacks/${theme}`);
  return {
    attack(number, what, body) {
      if (!catalogue.some((row) => row.number === number)) throw new Error(`the catalogue has no attack ${number}`);
      test(`${number}: ${what}`, body);
    },
    run: () => test.run(),
  };
}
