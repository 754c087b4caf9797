import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { expect } from "vitest";

const execute = promisify(execFile);

/** A window of a real terminal (tmux), before which a person sits. */
export interface TerminalWindow extends AsyncDisposable {
  /** Presses keys, by tmux's names where they have one: `Enter`, `Tab`, `C-c`. */
  press(...keys: readonly string[]): Promise<void>;
  /** What is shown, without blanks at the ends of lines. */
  screen(): Promise<string>;
  /** What is shown, and what was and has scrolled away. */
  history(): Promise<string>;
  /** Waits until that is shown. @returns the screen */
  shows(pattern: RegExp): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
}

interface WindowOptions {
  /** For the socket: the window is of this test alone. */
  readonly folder: string;
  readonly command: readonly string[];
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const LOOK_MS = 50;
/** Less than a test has: what is shown in the end is then told, and the window closed. */
const PATIENCE_MS = 240_000;

export async function openTerminalWindow(options: WindowOptions): Promise<TerminalWindow> {
  const { folder, command, columns = 100, rows = 40, env = {} } = options;
  await mkdir(folder, { recursive: true });
  // Another one each time: a server that was told to end may still listen when the next window is opened.
  const socket = join(folder, `tmux-${randomBytes(4).toString("hex")}`);
  const tmux = async (...argv: readonly string[]) => {
    return (await execute("tmux", ["-S", socket, "-f", "/dev/null", ...argv])).stdout;
  };
  const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const size = ["-x", String(columns), "-y", String(rows)];
  await tmux("new-session", "-d", "-s", "window", ...size, ...variables, ...command);
  const screen = () => tmux("capture-pane", "-p", "-t", "window");
  return {
    press: async (...keys) => void (await tmux("send-keys", "-t", "window", ...keys)),
    screen,
    history: () => tmux("capture-pane", "-p", "-J", "-S", "-", "-t", "window"),
    shows: async (pattern) => {
      const giveUpAt = performance.now() + PATIENCE_MS;
      let shown = await screen();
      while (!pattern.test(shown) && performance.now() < giveUpAt) {
        await setTimeout(LOOK_MS);
        shown = await screen();
      }
      expect(shown).toMatch(pattern);
      return shown;
    },
    resize: async (width, height) =>
      void (await tmux("resize-window", "-t", "window", "-x", String(width), "-y", String(height))),
    [Symbol.asyncDispose]: async () => void (await tmux("kill-server")),
  };
}
