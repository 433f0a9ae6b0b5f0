/**
 * The statements and migrations of `state.db`. Each is a file in `sql/`; `state-sql.ts` is generated from them.
 */
import { sqlTexts } from "./state-sql.ts";

export type StateStatement = keyof typeof sqlTexts;

/** The SQL text of `sql/NAME.sql`. */
export const stateSql = (name: StateStatement): string => sqlTexts[name];

/** In order; numbers are never reused, files never changed once released. */
const names = ["0001-tables", "0002-admitted", "0003-namespaces"] as const satisfies readonly StateStatement[];

export const stateMigrations = names.map((name) => ({ name, sql: stateSql(name) }));
