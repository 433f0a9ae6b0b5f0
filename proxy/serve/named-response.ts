/**
 * A response that says which request it answers, whoever writes it. The name is added to the fields as they are
 * written: a field that was set before would make Node merge them one by one.
 */
import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from "node:http";

type Fields = OutgoingHttpHeaders | OutgoingHttpHeader[];

export class NamedResponse extends ServerResponse {
  #request: string | undefined;
  #notes: Readonly<Record<string, unknown>> | undefined;

  /** Names the request that `response` answers. */
  static nameRequest(response: ServerResponse<IncomingMessage>, name: string): void {
    if (response instanceof NamedResponse) response.#request = name;
    else response.setHeader("x-request-id", name);
  }

  /** Which request it answers, if it was named. */
  static requestOf(response: ServerResponse<IncomingMessage>): string | undefined {
    return #request in response ? response.#request : undefined;
  }

  /** What the request's line in the log says beside its status: why it was refused. */
  static note(response: ServerResponse<IncomingMessage>, notes: Readonly<Record<string, unknown>>): void {
    if (#notes in response) response.#notes = notes;
  }

  static notesOf(response: ServerResponse<IncomingMessage>): Readonly<Record<string, unknown>> | undefined {
    return #notes in response ? response.#notes : undefined;
  }

  /** For who writes the response in another way: express gives it a class of its own. */
  static setName(response: ServerResponse<IncomingMessage>): void {
    const name = NamedResponse.requestOf(response);
    if (name !== undefined) response.setHeader("x-request-id", name);
  }

  override writeHead(status: number, reason?: string | Fields, fields?: Fields): this {
    const name = this.#request;
    const only = typeof reason === "string" ? undefined : reason;
    if (name !== undefined && Array.isArray(only)) return super.writeHead(status, [...only, "x-request-id", name]);
    if (name !== undefined) this.setHeader("x-request-id", name);
    return typeof reason === "string"
      ? super.writeHead(status, reason, fields)
      : super.writeHead(status, only ?? fields);
  }
}
