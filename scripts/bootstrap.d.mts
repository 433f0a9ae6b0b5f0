/** Types of bootstrap.mjs. */
export function isNodeAccepted(range: string, version: string): boolean;
export function staleReason(root: string): string | undefined;
export function bootstrap(root: string): Promise<number>;
export function progressLine(root: string, seconds: number): string;
export function secondsBetweenLines(isTerminal: boolean): number;
