// Of undici a bundle needs what sends requests. Its index loads fetch, WebSockets, caches and mocks besides: two thirds of its text,
// and Node's own undici, whose Headers it asks for. As a program starts with its text, that is a tenth of a short command.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const file = (/** @type {string} */ path) => JSON.stringify(require.resolve(`undici/lib/${path}`));

/** As undici's own index puts them together. */
const ENTRY = `
const Dispatcher = require(${file("dispatcher/dispatcher.js")});
Object.assign(Dispatcher.prototype, require(${file("api/index.js")}));
exports.Agent = require(${file("dispatcher/agent.js")});
exports.ProxyAgent = require(${file("dispatcher/proxy-agent.js")});
`;
const ID = "\0lean-undici.cjs";

/** @type {import("rolldown").Plugin} */
export const leanUndici = {
  name: "lean-undici",
  resolveId: { filter: { id: /^undici$/ }, handler: () => ID },
  load: { filter: { id: new RegExp(`^${ID}$`) }, handler: () => ({ code: ENTRY, moduleType: "js" }) },
};
