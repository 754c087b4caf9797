import { describe, expect, it } from "vitest";
import { CancelledError } from "../common/errors.ts";
import { secrets } from "../common/secrets.ts";
import { type BakeEvent, EventReport, type Question } from "./event-report.ts";
import { uiOf } from "./report.ts";

secrets.add("SKEVENTREPORT");
const clock = { now: () => 5, sleep: async () => undefined };

function report(ask?: (question: Question) => Promise<string>) {
  const events: BakeEvent[] = [];
  return { events, report: new EventReport({ clock, ask, onEvent: (event) => events.push(event) }) };
}

describe("EventReport", () => {
  it("tells the lines of builds, of post-processors, and of none", () => {
    const { events, report: told } = report();
    uiOf(told, "web").say("Creating");
    uiOf(told, "web", "manifest").message("Written");
    told.note("warn", "It is odd");
    expect(events).toEqual([
      { type: "line", at: 5, build: "web", part: undefined, kind: "say", text: "Creating" },
      { type: "line", at: 5, build: "web", part: "manifest", kind: "message", text: "Written" },
      { type: "line", at: 5, build: undefined, part: undefined, kind: "warn", text: "It is odd" },
    ]);
  });

  it("gives no secret away, in whichever text it is", async () => {
    const questions: Question[] = [];
    const { events, report: told } = report(async (question) => {
      questions.push(question);
      return "no";
    });
    told.line("say", "web", "the key is SKEVENTREPORT");
    told.event("web", { type: "warning", message: "SKEVENTREPORT is weak" });
    told.event("web", { type: "resource", kind: "volume", id: "SKEVENTREPORT", change: "acquired" });
    expect(await told.ask("web", "Keep SKEVENTREPORT?")).toBe("no");
    expect(events).toMatchObject([
      { text: "the key is <sensitive>" },
      { type: "warning", build: "web", message: "<sensitive> is weak" },
      { kind: "volume", id: "<sensitive>", change: "acquired" },
    ]);
    expect(questions).toEqual([{ build: "web", text: "Keep <sensitive>?", signal: undefined }]);
  });

  it("asks nobody when nobody answers", async () => {
    await expect(report().report.ask("web", "Go on?")).rejects.toThrow(CancelledError);
  });
});
