import { describe, expect, it } from "vitest";
import { FakeClock } from "../../tests/support/outscale/fake-clock.ts";
import { Console } from "./console.ts";

function consoleWith(...pieces: readonly string[]) {
  const lines: string[] = [];
  const console = new Console((line) => lines.push(line));
  for (const piece of pieces) console.add(piece);
  return { console, lines };
}

describe("Console", () => {
  it("gives lines as they end, and shows the unfinished one", () => {
    const { console, lines } = consoleWith("Debian GNU/", "Linux 12\r\n\r\nvm log", "in: ");
    expect(lines).toEqual(["Debian GNU/Linux 12", ""]);
    expect(console.tail()).toEqual(["Debian GNU/Linux 12", "vm login: "]);
  });

  it("gives the unfinished line once nothing more will come: a login prompt ends none", () => {
    const { console, lines } = consoleWith("Debian\nvm login: ");
    console.end();
    console.end();
    expect(lines).toEqual(["Debian", "vm login: "]);
    const ended = consoleWith("Debian\n");
    ended.console.end();
    expect(ended.lines).toEqual(["Debian"]);
  });

  it("leaves out what only a terminal understands", () => {
    const { console } = consoleWith("\x1bc\x1b[=3h\x1b[?7l\x1b[2J[\x1b[0;32m  OK  \x1b[0m] Started\x07\r\n");
    expect(console.text()).toBe("[  OK  ] Started\n");
  });

  it("keeps the end of what never ends", () => {
    const { console, lines } = consoleWith(
      ...Array.from({ length: 500 }, (_, index) => `${index} ${"x".repeat(400)}\n`),
    );
    expect(console.text().length).toBeLessThanOrEqual(65_536);
    expect(console.tail()).toHaveLength(25);
    expect(console.tail().at(-1)).toMatch(/^499 x/);
    expect(lines).toHaveLength(500);
    expect(lines[123]).toMatch(/^123 x{400}$/);
  });

  it("counts the lines that say something and have ended", () => {
    expect(consoleWith("one\r\n\r\n\x1b[2J\r\ntw", "o\r\nvm login: ").console.lines).toBe(2);
  });

  it("knows how long it is silent, and whether it has been silent for so long before", async () => {
    const clock = new FakeClock();
    const console = new Console(undefined, clock);
    const pass = (ms: number) => clock.run(clock.sleep(ms));
    await pass(4_000);
    expect([console.silentMs(), console.isMoving()]).toEqual([4_000, false]);
    console.add("one");
    await pass(4_000);
    expect([console.silentMs(), console.isMoving()]).toEqual([4_000, true]);
    await pass(1);
    expect(console.isMoving()).toBe(false);
  });
});
