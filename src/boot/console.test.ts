import { describe, expect, it } from "vitest";
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
});
