import { describe, expect, it } from "vitest";
import { RequestLog } from "./request-log.ts";

describe("RequestLog", () => {
  const entry = { atMs: 0, action: "ReadVms", ms: 1 };
  const body = (bytes: number) => Buffer.from(JSON.stringify({ Filler: "x".repeat(bytes - 13) }));

  it("keeps what bodies say, but for their secrets, and nothing that is no JSON", () => {
    const log = new RequestLog();
    log.add(entry, Buffer.from('{"Password":"p","Osu":{"SecretKey":"s"},"Size":1}'));
    log.add(entry, Buffer.from("{"));
    log.add(entry);
    const secret = "<sensitive>";
    expect(log.entries.map((call) => call.body)).toEqual([
      { Password: secret, Osu: { SecretKey: secret }, Size: 1 },
      undefined,
      undefined,
    ]);
  });

  it.each([
    ["https://oos/b/k?AWSAccessKeyId=a&Signature=s", "https://oos/b/k?<sensitive>"],
    [" HTTPS://oos/b/k?X-Amz-Signature=s", " HTTPS://oos/b/k?<sensitive>"],
    ["oos/b/k?Signature=s", "oos/b/k?<sensitive>"],
    ["https://me:secret@oos/b/k", "https://<sensitive>@oos/b/k"],
    ["https://oos/b/k", "https://oos/b/k"],
  ])("keeps the address of %j without what opens it", (FileLocation, address) => {
    const log = new RequestLog();
    const OsuExport = { OsuManifestUrl: FileLocation };
    log.add(entry, Buffer.from(JSON.stringify({ FileLocation, OsuExport, Description: "really?yes" })));
    const kept = { FileLocation: address, OsuExport: { OsuManifestUrl: address }, Description: "really?yes" };
    expect(log.entries[0]?.body).toEqual(kept);
  });

  it("keeps the address alone of every URL, wherever it is", () => {
    const log = new RequestLog();
    const FileLocations = ["see http://oos/b/k?Signature=s and http://oos/b/l?Signature=s"];
    log.add(entry, Buffer.from(JSON.stringify({ Filters: { FileLocations } })));
    const kept = ["see http://oos/b/k?<sensitive> and http://oos/b/l?<sensitive>"];
    expect(log.entries[0]?.body).toEqual({ Filters: { FileLocations: kept } });
  });

  it("leaves a large body out", () => {
    const log = new RequestLog();
    log.add(entry, body(16 * 1024 + 1));
    expect(log.entries).toEqual([entry]);
  });

  it("drops the oldest calls when all bodies together are too many bytes, and when there are too many calls", () => {
    const log = new RequestLog();
    for (let count = 0; count < 1_000; count++) log.add({ ...entry, atMs: count }, body(16 * 1024));
    expect([log.entries.length, log.entries[0]?.atMs]).toEqual([256, 744]);
    for (let count = 0; count < 30_000; count++) log.add({ ...entry, atMs: count });
    expect([log.entries.length, log.entries[0]?.atMs]).toEqual([20_000, 10_000]);
  });
});
