import type { RunRecord } from "../history/run-record.ts";

/** A run's record as one HTML file that needs nothing else. What makes it is loaded when it is needed. */
export async function reportText(record: RunRecord): Promise<string> {
  const { runReport } = await import("./run-report.ts");
  return runReport(record);
}
