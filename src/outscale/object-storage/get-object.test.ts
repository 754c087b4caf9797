import type { IncomingHttpHeaders, RequestListener, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { all } from "../../../tests/support/local-cloud/storage-of.ts";
import type { Reply } from "../../../tests/support/outscale/scripted-server.ts";
import { connect, place, storageAt } from "../../../tests/support/outscale/scripted-storage.ts";
import { startServer } from "../../../tests/support/outscale/start-server.ts";
import type { GetOptions } from "./get-object.ts";

const content = "0123456789";

/** What is asked of a server that answers as is said, and what comes of it. */
async function read(answer: RequestListener, options: GetOptions = {}) {
  const asked: IncomingHttpHeaders[] = [];
  await using server = await startServer((request, response) => {
    asked.push(request.headers);
    answer(request, response);
  });
  await using storage = storageAt(server.port, { retry: { attempts: 1 } });
  const text = Buffer.concat(await all(storage.get(place, options))).toString();
  return { text, ranges: asked.map(({ range, "if-match": match }) => [range, match]) };
}

const startOf = ({ range }: IncomingHttpHeaders) => Number(/bytes=(\d+)-/.exec(range ?? "")?.[1] ?? 0);

/** Chunks tell no length; after so many bytes the connection breaks, in front of the chunk that is the last. */
function chunked(response: ServerResponse, { start, breakAfter }: { start: number; breakAfter?: number }): void {
  response.writeHead(start > 0 ? 206 : 200, { etag: '"v1"' });
  if (breakAfter === undefined) response.end(content.slice(start));
  else response.write(content.slice(start, start + breakAfter), () => response.socket?.destroy());
}

describe("getObject() without a length", () => {
  it("reads to the end of the chunks", async () => {
    expect(await read((_request, response) => chunked(response, { start: 0 }))).toMatchObject({ text: content });
  });

  it("goes on where it was cut off, until it ends well", async () => {
    const { text, ranges } = await read(({ headers }, response) => {
      const start = startOf(headers);
      chunked(response, { start, ...(start < 8 && { breakAfter: 4 }) });
    });
    expect(text).toBe(content);
    expect(ranges).toEqual([
      [undefined, undefined],
      ["bytes=4-", '"v1"'],
      ["bytes=8-", '"v1"'],
    ]);
  });

  it("is at its end where there is nothing to go on with", async () => {
    const { text, ranges } = await read(({ headers }, response) => {
      if (startOf(headers) === 0) return chunked(response, { start: 0, breakAfter: 10 });
      response.writeHead(416).end("<Error><Code>InvalidRange</Code></Error>");
    });
    expect([text, ranges.at(-1)]).toEqual([content, ["bytes=10-", '"v1"']]);
  });

  it("reads a range, and goes on in it", async () => {
    const range = { startBytes: 2, lengthBytes: 6 };
    const { text, ranges } = await read(
      ({ headers }, response) => {
        const start = startOf(headers);
        response.writeHead(206, { etag: '"v1"', "content-range": `bytes ${start}-7/10` });
        if (start > 2) response.end(content.slice(start, 8));
        else response.write(content.slice(start, 5), () => response.socket?.destroy());
      },
      { range },
    );
    expect([text, ranges]).toEqual([
      "234567",
      [
        ["bytes=2-7", undefined],
        ["bytes=5-7", '"v1"'],
      ],
    ]);
  });

  it("is not at its end where less comes than was said at first", async () => {
    const { text, ranges } = await read(({ headers }, response) => {
      const start = startOf(headers);
      const [until, breaks] = start === 0 ? [4, true] : [start + 3, false];
      response.writeHead(start > 0 ? 206 : 200, { etag: '"v1"', "content-length": start > 0 ? 3 : 10 });
      response.write(content.slice(start, until), () => (breaks ? response.socket?.destroy() : response.end()));
    });
    expect([text, ranges.map(([range]) => range)]).toEqual([content, [undefined, "bytes=4-9", "bytes=7-9"]]);
  });

  it("is refused where no chunks tell its end either", async () => {
    const reading = read((_request, response) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { etag: '"v1"', connection: "close" }).end(content);
    });
    await expect(reading).rejects.toThrow("does not come whole: the answer says neither its length nor its end");
  });

  it("is not gone on with when nothing tells that the object is the same", async () => {
    const reading = read((_request, response) => {
      response.writeHead(200, { "content-length": 10 });
      response.write(content.slice(0, 4), () => response.socket?.destroy());
    });
    await expect(reading).rejects.toThrow("does not come whole");
  });
});

describe("getObject() of a range", () => {
  it.each([
    ["another", "bytes 0-2/10"],
    ["one that is none", "bytes */10"],
  ])("refuses %s in its place", async (_title, given) => {
    const reading = read(
      (_request, response) => response.writeHead(206, { etag: '"v1"', "content-range": given }).end("012"),
      { range: { startBytes: 3, lengthBytes: 3 } },
    );
    await expect(reading).rejects.toThrow("was not given in parts");
  });

  it("ends with the object", async () => {
    const { text } = await read(
      (_request, response) => response.writeHead(206, { "content-length": 2 }).end(content.slice(8)),
      { range: { startBytes: 8, lengthBytes: 9 } },
    );
    expect(text).toBe("89");
  });
});

describe("headObject()", () => {
  it("refuses an answer that does not say how large the object is", async () => {
    const sizeless: Reply = { headers: { etag: '"v1"', "transfer-encoding": "chunked" } };
    await using cloud = await connect([sizeless, { headers: { "content-length": "7", etag: '"v1"' } }]);
    await expect(cloud.storage.head(place)).rejects.toThrow("cannot be read: it has no Content-Length");
    expect(await cloud.storage.head(place)).toMatchObject({ sizeBytes: 7, etag: "v1" });
  });
});
