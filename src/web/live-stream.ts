import { streamSSE } from "hono/streaming";
import { messageOf } from "../common/errors.ts";
import type { Markup } from "../report/markup.ts";
import { isOfOurPage, type WebContext } from "./check-request.ts";

/** What is new in a page. */
export type LiveNews =
  /** A part as it is now. */
  | { readonly type: "part"; readonly id: string; readonly body: Markup | string }
  /** Items that come after those of a list; `from` is the number of the first one. */
  | { readonly type: "items"; readonly list: string; readonly from: number; readonly items: readonly Markup[] };

/** @param after How many items of its list the page has already */
export type NewsOf = (after: number, signal: AbortSignal) => AsyncGenerator<readonly LiveNews[]>;

export const MOST_STREAMS = 64;
/** A reader that takes nothing for so long has gone away. */
const PATIENCE_MS = 30_000;
/** So often something is sent, so that it is known when nobody is there any more. */
const BEAT_MS = 15_000;
const RETRY_MS = 2_000;

/** The streams of a server. What a slow reader has not taken is not gathered: it is given what is new when it comes back. */
export class LiveStreams {
  readonly #stop: AbortSignal;
  readonly #onFailure: (message: string) => void;
  readonly #patienceMs: number;
  #count = 0;

  constructor(stop: AbortSignal, onFailure: (message: string) => void, patienceMs = PATIENCE_MS) {
    this.#stop = stop;
    this.#onFailure = onFailure;
    this.#patienceMs = patienceMs;
  }

  /** Answers with a stream of what is new, or with a refusal when too many are open. */
  open(context: WebContext, newsOf: NewsOf): Response {
    if (!isOfOurPage(context)) return context.text("Only a page of this server may listen", 403);
    // Nothing of the stream would be read.
    if (context.req.method === "HEAD") return context.body(null, 200, { "content-type": "text/event-stream" });
    if (this.#count >= MOST_STREAMS) return context.text("Too many pages are open", 503, { "retry-after": "10" });
    this.#count++;
    const given = context.req.header("last-event-id") ?? context.req.query("after") ?? "0";
    const after = /^\d{1,9}$/.test(given) ? Number(given) : 0;
    const ended = new AbortController();
    const signal = AbortSignal.any([this.#stop, ended.signal]);
    const response = streamSSE(context, async (stream) => {
      stream.onAbort(() => ended.abort());
      const giveUp = () => {
        context.env.outgoing.destroy();
        stream.abort();
      };
      let isWriting = false;
      const write = async (text: string) => {
        isWriting = true;
        await within(this.#patienceMs, stream.write(text), giveUp);
        isWriting = false;
      };
      const beat = setInterval(() => void (isWriting || write(": \n\n")), BEAT_MS);
      try {
        await write(`retry: ${RETRY_MS}\n: \n\n`);
        await this.#send(newsOf(after, signal), write, signal);
      } catch (error) {
        if (!signal.aborted) this.#onFailure(`The stream of ${context.req.path} has ended: ${messageOf(error)}`);
      } finally {
        clearInterval(beat);
        ended.abort();
        this.#count--;
      }
    });
    // Nothing comes after it on its connection, which would keep a server that ends.
    response.headers.set("connection", "close");
    return response;
  }

  /** A part that is as it was sent is not sent again. */
  async #send(all: AsyncIterable<readonly LiveNews[]>, write: (text: string) => Promise<void>, signal: AbortSignal) {
    const sent = new Map<string, string>();
    for await (const news of all) {
      for (const each of news) {
        if (signal.aborted) return;
        await write(await textOf(each, sent));
      }
    }
  }
}

/** An event of the stream; empty for a part that is as it was sent. */
async function textOf(news: LiveNews, sent: Map<string, string>): Promise<string> {
  if (news.type === "items") {
    const items = (await Promise.all(news.items)).join("");
    const next = news.from + news.items.length;
    return eventText("items", { list: news.list, from: news.from, html: items }, next);
  }
  const body = (await news.body).toString();
  if (sent.get(news.id) === body) return "";
  sent.set(news.id, body);
  return eventText("part", { id: news.id, html: body });
}

/** JSON has no end of a line in it. */
function eventText(type: string, data: object, id?: number): string {
  return `event: ${type}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

async function within(ms: number, work: Promise<unknown>, onLate: () => void): Promise<void> {
  const late = setTimeout(onLate, ms);
  await work.finally(() => clearTimeout(late));
}
