import type { Report } from "../../bake/report.ts";

/** A report that has something on the screen, or a timer: both go when it is disposed of, whatever happened. */
export interface ShownReport extends Report, Disposable {}
