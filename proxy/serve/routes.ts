/**
 * The paths of a listener that are asked now and then: trust for other programs, metrics, and what comes to be served
 * beside them. What every pull and every admission asks does not come through here: a router costs more than the
 * answers of those. Source: docs/spec/command-line.md#serve.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import express, { type NextFunction, type Request, type Response } from "express";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface Route {
  /** It answers this path and, unless `isExact`, everything below it. */
  readonly path: string;
  readonly isExact?: boolean;
  readonly answer: Answer;
}

export interface RoutesOptions {
  readonly routes: readonly Route[];
  /** For a path that none has. */
  readonly nothing: Answer;
  /** What a route threw. It answers, too. */
  readonly failed: (error: unknown, request: IncomingMessage, response: ServerResponse) => void;
}

/** Paths are compared as they were sent: case counts, nothing in them is decoded. */
export function createRoutes({ routes, nothing, failed }: RoutesOptions): Answer {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("strict routing");
  app.enable("case sensitive routing");
  app.set("query parser", false);
  for (const { path, isExact, answer } of routes) {
    const handle = async (request: Request, response: Response): Promise<void> => {
      // Below a path express cuts it off.
      request.url = request.originalUrl;
      await answer(request, response);
    };
    if (isExact === true) app.get(path, handle);
    else app.use(path, handle);
  }
  app.use((request, response) => nothing(request, response));
  // Express knows a handler of errors by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _: NextFunction) => failed(error, request, response));
  return (request, response) => app(request as Request, response as Response);
}
