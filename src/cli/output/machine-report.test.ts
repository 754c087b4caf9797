import { describe, expect, it } from "vitest";
import { systemClock } from "../../common/clock.ts";
import { secrets } from "../../common/secrets.ts";
import { MachineReport } from "./machine-report.ts";

describe("MachineReport", () => {
  it("masks a secret whose commas and line ends it escapes", () => {
    secrets.add("machine,report,of,one\nsecret,two,of,two,lines");
    let text = "";
    const out = {
      write: (more: string) => {
        text += secrets.mask(more);
      },
      writeExact: () => undefined,
      isTerminal: false,
      columns: () => 80,
      rows: () => 24,
      onResize: () => () => undefined,
      gone: new AbortController().signal,
    };
    const report = new MachineReport(out, systemClock);
    report.line("message", "debian", "it is machine,report,of,one");
    report.line("message", "debian", "machine,report,of,one\nsecret,two,of,two,lines");
    expect(text).not.toMatch(/machine|two/);
  });
});
