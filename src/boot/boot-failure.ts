import { existsSync } from "node:fs";
import { BootCheckError } from "./boot-check-error.ts";
import type { BootingGuest, BootOutcome } from "./booting-guest.ts";

type Failure = Exclude<BootOutcome, { readonly kind: "booted" }>;

/** What was asked of the guest. */
interface Test {
  readonly pattern: RegExp;
  readonly timeoutMs: number;
}

/** Says what was waited for, how long, under which acceleration, and whether the guest was stuck, dead or only slow. */
export function bootFailure(
  guest: BootingGuest,
  failure: Failure,
  { consoleFile, ...test }: Test & { readonly consoleFile: string | undefined },
): BootCheckError {
  const { message, hint } = describe(guest, failure, test);
  const tail = guest.console.tail();
  const isKept = tail.length > 0 && consoleFile !== undefined && existsSync(consoleFile);
  return new BootCheckError(message, { tail, hint, consoleFile: isKept ? consoleFile : undefined });
}

interface Account {
  readonly message: string;
  readonly hint?: string;
}

function describe(guest: BootingGuest, failure: Failure, { pattern, timeoutMs }: Test): Account {
  const elapsedMs = failure.kind === "late" ? timeoutMs : guest.elapsedMs();
  const spent = `after ${inSeconds(elapsedMs)} under ${guest.acceleration.toUpperCase()}`;
  if (failure.kind === "dead-end") return { message: `The image does not boot: ${failure.line} (${spent})` };
  if (failure.kind === "ended") {
    const said = failure.said === "" ? "" : `: ${failure.said}`;
    return { message: `The image does not boot: QEMU ended ${failure.how} ${spent}${said}` };
  }
  return describeLate(guest, `${pattern} was not on the console ${spent}`);
}

function describeLate({ console }: BootingGuest, missed: string): Account {
  if (console.tail().length === 0) {
    return {
      message: `The image does not boot: ${missed}, and nothing else was`,
      hint: "Add console=ttyS0 to the kernel's command line, if the image does not speak on its serial port",
    };
  }
  const silence = inSeconds(console.silentMs());
  if (!console.isMoving()) {
    return {
      message: `The image does not boot: ${missed}, and there was no progress: nothing new for ${silence}`,
      hint: "Look at the console's last lines; if the image is up by then, change boot_test.pattern",
    };
  }
  return {
    message: `The image has not booted in time: ${missed}, but it was still making progress ${silence} before`,
    hint: "Raise boot_test.timeout",
  };
}

/** `3 s`, `0.4 s` */
export function inSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
