import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { guestScript, readGuestFrames } from "./guest-script.ts";

const nonce = "0123456789abcdef0123456789abcdef";
const commands = ["true", "echo it's; exit 3"];
const frame = (line: string, body = "") => `\n${nonce} ${line}\n${body}`;
const whole = [
  frame("started"),
  frame("starting ssh.service nginx.service "),
  frame("up 0 multi-user.target"),
  frame("begin command 0") + frame("output 0 0") + frame("end"),
  frame("begin command 1") + frame("output 3 5", "it's\n") + frame("end"),
  frame("begin unit web.service") + frame("output 3 9", "× web.service - failed\n") + frame("end"),
  frame("done"),
];

describe("readGuestFrames()", () => {
  it("gives commands and failed units, with what they said", () => {
    expect(readGuestFrames(`[    0.1] noise\r\n${whole.join("")}`, commands, nonce)).toMatchObject({
      commands: [
        { command: "true", exitCode: 0, output: "" },
        { command: "echo it's; exit 3", exitCode: 3, output: "it's\n" },
      ],
      failedUnits: [{ name: "web.service", status: "× web.service - failed\n" }],
      isDone: true,
    });
  });

  it.each([
    [0, "the image has not come so far"],
    [1, "its units were still starting"],
    [2, "its units were still starting: ssh.service, nginx.service"],
  ])("says what goes on after %i frames", (count, doing) => {
    expect(readGuestFrames(whole.slice(0, count).join(""), commands, nonce)).toMatchObject({ doing, isDone: false });
  });

  it("says which command still runs", () => {
    const text = whole.slice(0, 3).join("") + frame("begin command 1");
    expect(readGuestFrames(text, commands, nonce).doing).toBe(`"echo it's; exit 3" still ran`);
  });

  it("takes nothing for a frame that does not have the number, and no half one", () => {
    const forged = `\n${"f".repeat(32)} done\n\n${nonce.slice(1)} done\n${nonce}done\n`;
    const text = frame("begin command 0") + frame("output 0 99", forged);
    expect(readGuestFrames(text, commands, nonce)).toMatchObject({ commands: [], isDone: false });
    const { commands: done, isDone } = readGuestFrames(text + frame("end"), commands, nonce);
    expect([done, isDone]).toEqual([[{ command: "true", exitCode: 0, output: forged }], false]);
  });
});

describe("guestScript()", () => {
  it("is a shell script whatever the commands are", () => {
    const script = guestScript([`echo "it's" $HOME`, "cat <<'X'\na\nX", "\\"], nonce);
    expect(spawnSync("sh", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });
});
