import { describe, expect, it } from "vitest";
import { checkDoor, type Door } from "./door.ts";
import { parseListenOn } from "./listen-on.ts";

const tls = { cert: "", key: "" };
const door = (listen: string, given: Partial<Door> = {}): Door => {
  return { listenOn: parseListenOn(listen), tls: undefined, authHeader: undefined, names: [], ...given };
};

describe("checkDoor()", () => {
  it.each([
    [door("0.0.0.0:0"), "Everybody on the way could read along"],
    [door("[::]:0"), "Everybody on the way could read along"],
    [door("10.0.0.1:0"), "Everybody on the way could read along"],
    [door("0.0.0.0:0", { authHeader: "X-User", tls }), "would let in everybody who sends that header"],
    [door("127.0.0.1:0", { authHeader: "not a header" }), "must be the name of a header"],
  ])("refuses %j", (given, message) => {
    expect(() => checkDoor(given)).toThrow(message);
  });

  it.each([
    door("127.0.0.1:0"),
    door("[::1]:0", { authHeader: "X-User" }),
    door("unix:/run/web.sock", { authHeader: "X-User" }),
    door("0.0.0.0:0", { tls }),
  ])("takes %j", (given) => {
    expect(() => checkDoor(given)).not.toThrow();
  });
});
