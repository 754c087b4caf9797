import { buffer, text } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import {
  hookOf,
  openPlugin,
  type Point,
  provisioning,
  run,
  serveStream,
} from "../../../tests/support/packer-plugin/fake-build.ts";
import type { Communicator, RemoteCommand } from "../../chroot/communicator.ts";
import { CancelledError } from "../../common/errors.ts";
import { encodeExitStatus } from "../gob/exit-status.ts";

/** Whichever stops what is still running when the provisioners have ended. */
const signal = expect.any(AbortSignal);

describe("Communicator", () => {
  it("runs a command with all its streams, and tells its exit code last", async () => {
    const start = async ({ command, stdin, stdout, stderr }: RemoteCommand) => {
      stdout?.write(`ran ${command} with ${await text(stdin as NonNullable<typeof stdin>)}`);
      stderr?.write("a warning");
      return { code: 7, signal: null };
    };
    const { builder, core } = await openPlugin(provisioning({ start }));
    const results: unknown[] = [];
    const Run = hookOf(core, async (client) => {
      const [stdin, stdout, stderr, response] = [1, 2, 3, 4].map(() => serveStream(core)) as [
        Point,
        Point,
        Point,
        Point,
      ];
      await client.call("Communicator.Start", {
        Command: "cat",
        StdinStreamId: stdin.point,
        StdoutStreamId: stdout.point,
        StderrStreamId: stderr.point,
        ResponseStreamId: response.point,
      });
      (await stdin.stream).end("input");
      results.push(
        await text(await stdout.stream),
        await text(await stderr.stream),
        await buffer(await response.stream),
      );
    });
    await run(builder, core, { Hook: { Run } });
    expect(results).toEqual(["ran cat with input", "a warning", encodeExitStatus(7)]);
  });

  it("tells a command that cannot run on its standard error, with the code of a killed one", async () => {
    const { builder, core } = await openPlugin(
      provisioning({ start: () => Promise.reject(new Error("no chroot(8)")) }),
    );
    const results: unknown[] = [];
    const Run = hookOf(core, async (client) => {
      const [stderr, response] = [serveStream(core), serveStream(core)];
      const ids = {
        StdinStreamId: 0,
        StdoutStreamId: 0,
        StderrStreamId: stderr.point,
        ResponseStreamId: response.point,
      };
      await client.call("Communicator.Start", { Command: "true", ...ids });
      results.push(await text(await stderr.stream), await buffer(await response.stream));
    });
    await run(builder, core, { Hook: { Run } });
    expect(results).toEqual(["no chroot(8)\n", encodeExitStatus(-1)]);
  });

  it("stops commands that are still running when Packer has ended its provisioners", async () => {
    const stopped = vi.fn();
    const start = ({ signal }: RemoteCommand) =>
      new Promise<never>((_, reject) => {
        signal?.addEventListener("abort", () => {
          stopped();
          reject(new CancelledError());
        });
      });
    const { builder, core } = await openPlugin(provisioning({ start }));
    const Run = hookOf(core, (client) => client.call("Communicator.Start", { Command: "sleep" }));
    await run(builder, core, { Hook: { Run } });
    await expect.poll(() => stopped.mock.calls.length).toBe(1);
  });

  it("uploads with the mode that Go sends", async () => {
    const uploads: unknown[] = [];
    const upload: Communicator["upload"] = async (path, content, info) => {
      uploads.push([path, await text(content), info]);
    };
    const { builder, core } = await openPlugin(provisioning({ upload }));
    const Run = hookOf(core, async (client) => {
      for (const FileInfo of [null, { N: "x", S: 3, M: 0o755 + 2 ** 23, T: null }]) {
        const { point, stream } = serveStream(core);
        const done = client.call("Communicator.Upload", { Path: "/x", ReaderStreamId: point, FileInfo });
        (await stream).end("abc");
        await done;
      }
    });
    await run(builder, core, { Hook: { Run } });
    expect(uploads).toEqual([
      ["/x", "abc", { signal }],
      ["/x", "abc", { signal, mode: 0o4755 }],
    ]);
  });

  it("ends the stream of a download that fails before it answers", async () => {
    const download: Communicator["download"] = async (path, content) => {
      content.write("half");
      throw new Error(`Cannot read ${path}`);
    };
    const { builder, core } = await openPlugin(provisioning({ download }));
    const received: string[] = [];
    const Run = hookOf(core, async (client) => {
      const { point, stream } = serveStream(core);
      const failed = expect(
        client.call("Communicator.Download", { Path: "/x", WriterStreamId: point }),
      ).rejects.toThrow(/^Cannot read \/x$/);
      received.push(await text(await stream));
      await failed;
    });
    await run(builder, core, { Hook: { Run } });
    expect(received).toEqual(["half"]);
  });

  it("holds a command back whose output nobody reads", async () => {
    let written = 0;
    const start = async ({ stdout }: RemoteCommand) => {
      for (let count = 0; count < 64; count++) {
        written += 65_536;
        if (!stdout?.write(Buffer.alloc(65_536))) await new Promise((resolve) => stdout?.once("drain", resolve));
      }
      return { code: 0, signal: null };
    };
    const { builder, core } = await openPlugin(provisioning({ start }));
    const Run = hookOf(core, async (client) => {
      const stdout = serveStream(core);
      await client.call("Communicator.Start", { Command: "yes", StdoutStreamId: stdout.point });
      const stream = await stdout.stream;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(written).toBeLessThan(1024 * 1024);
      expect((await buffer(stream)).length).toBe(64 * 65_536);
    });
    await run(builder, core, { Hook: { Run } });
  });

  it("copies folders both ways by their paths", async () => {
    const [uploadDir, downloadDir] = [vi.fn(async () => undefined), vi.fn(async () => undefined)];
    const { builder, core } = await openPlugin(provisioning({ uploadDir, downloadDir }));
    const Run = hookOf(core, async (client) => {
      await client.call("Communicator.UploadDir", { Dst: "/d", Src: "s/", Exclude: ["*.o"] });
      await client.call("Communicator.DownloadDir", { Dst: "d", Src: "/s", Exclude: null });
    });
    await run(builder, core, { Hook: { Run } });
    expect(uploadDir).toHaveBeenCalledWith("/d", "s/", { exclude: ["*.o"], signal });
    expect(downloadDir).toHaveBeenCalledWith("/s", "d", { exclude: [], signal });
  });
});
