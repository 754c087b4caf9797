import { describe, expect, it } from "vitest";
import { UsageError } from "../../common/errors.ts";
import { secrets } from "../../common/secrets.ts";
import { parseAddress } from "./address.ts";
import { placeOf, queueOf } from "./place.ts";

describe("parseAddress()", () => {
  it.each([
    ["redis://localhost", { host: "localhost", port: 6379, db: 0 }, "redis://localhost:6379"],
    ["redis://[::1]:7000/3", { host: "::1", port: 7000, db: 3 }, "redis://[::1]:7000"],
    ["unix:/run/redis/r.sock", { path: "/run/redis/r.sock" }, "unix:/run/redis/r.sock"],
    ["unix:///run/r.sock", { path: "/run/r.sock" }, "unix:/run/r.sock"],
  ])("reads %s", (text, options, shown) => {
    expect(parseAddress(text, {})).toEqual({ options, shown });
  });

  it("takes the password of the address or of the environment, and shows neither", () => {
    const { options, shown } = parseAddress("rediss://bake:letters%21xyz@queue:6380", {});
    expect(options).toMatchObject({ username: "bake", password: "letters!xyz", tls: { servername: "queue" } });
    expect(shown).toBe("rediss://queue:6380");
    expect(secrets.mask("letters!xyz")).toBe("<sensitive>");
    const env = { OUTSCALE_CHROOT_QUEUE_PASSWORD: "from-the-environment" };
    expect(parseAddress("redis://bake@queue", env).options.password).toBe("from-the-environment");
  });

  it.each([
    "",
    "queue",
    "http://queue",
    "redis://queue/name",
    "amqp://queue",
    "redis://queue:6379?db=3",
    "unix:r.sock",
  ])("refuses %j, and shows it", (text) => {
    expect(() => parseAddress(text, {})).toThrow(`"${text.replace("?db=3", "")}" is no queue`);
  });

  it.each([
    ["redis://bake:pa/s3cret@host:6379", '"redis://...@host:6379" is no queue'],
    ["redis://bake:12/s3cret@host:6379", '"redis://...@host:6379" is no queue'],
    ["redis://bake:12?s3cret@host:6379", '"redis://...@host:6379" is no queue'],
    ["redis://bake:12#s3cret@host:6379", '"redis://...@host:6379" is no queue'],
    ["redis://bake:s3cret@x@host/name", '"redis://...@host/name" is no queue'],
    ["rediss://bake:s3cret@queue:6380x", '"rediss://...@queue:..." is no queue'],
    ["redis://bake:s3cret@[::1]:x", '"redis://...@[::1]:..." is no queue'],
    ["redis://bake:s3cret@host/x", '"redis://...@host/x" is no queue'],
    ["redis://host/x?password=s3cret", '"redis://host/x" is no queue'],
    ["redis://bake:s3cret", '"redis://bake:..." is no queue'],
    ["bake:s3cret@host", '"...@host" is no queue'],
    ["http://bake:s3cret@host", '"http://...@host" is no queue'],
    ["redis://bake:s3cret%off@host", "cannot be read"],
    ["redis://s3cret%off@host", "cannot be read"],
  ])("shows nothing that may be the password of %s", (text, message) => {
    const refuse = () => parseAddress(text, {});
    expect(refuse).toThrow(UsageError);
    expect(refuse).toThrow(message);
    expect(refuse).not.toThrow("s3cret");
  });
});

it("queueOf() names a place, and placeOf() reads that and nothing else", () => {
  const place = { accountId: "123456789012", region: "eu-west-2", label: "arm" };
  expect(queueOf(place)).toBe("123456789012.eu-west-2.arm");
  expect(placeOf(queueOf(place))).toEqual(place);
  expect(placeOf(queueOf({ ...place, label: undefined }))).toEqual({ ...place, label: undefined });
  expect(placeOf("x.y.z.a")).toBeUndefined();
});
