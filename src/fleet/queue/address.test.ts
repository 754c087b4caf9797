import { describe, expect, it } from "vitest";
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

  it.each(["", "queue", "http://queue", "redis://queue/name", "amqp://queue"])("refuses %j", (text) => {
    expect(() => parseAddress(text, {})).toThrow("is no queue");
  });
});

it("queueOf() names a place, and placeOf() reads that and nothing else", () => {
  const place = { accountId: "123456789012", region: "eu-west-2", label: "arm" };
  expect(queueOf(place)).toBe("123456789012.eu-west-2.arm");
  expect(placeOf(queueOf(place))).toEqual(place);
  expect(placeOf(queueOf({ ...place, label: undefined }))).toEqual({ ...place, label: undefined });
  expect(placeOf("x.y.z.a")).toBeUndefined();
});
