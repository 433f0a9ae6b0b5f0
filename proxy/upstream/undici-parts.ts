/**
 * Undici without what is not used: as a whole it also brings fetch, caches, WebSockets and mocks, whose loading takes
 * longer than asking for an image. Source: https://undici.nodejs.org/.
 */
import buildConnector from "undici/lib/core/connect.js";
import errors from "undici/lib/core/errors.js";
import Agent from "undici/lib/dispatcher/agent.js";
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
import Pool from "undici/lib/dispatcher/pool.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";
import connect from "undici/lib/api/api-connect.js";
import request from "undici/lib/api/api-request.js";

// Undici's own entry does this for every method.
Object.assign(Dispatcher.prototype, { request, connect });

export { Agent, buildConnector, errors, Pool, ProxyAgent };
