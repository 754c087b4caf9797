import type { RunRecord } from "../history/run-record.ts";
import { changesSection } from "./changes.ts";
import { criticalPathSection } from "./critical-path.ts";
import {
  bootFailureSection,
  bootSection,
  callsSection,
  configurationSection,
  imageCheckSection,
  packagesSection,
  provenanceSection,
  resourcesSection,
} from "./details.ts";
import { logSection } from "./log.ts";
import { html, type Section } from "./markup.ts";
import { pageText } from "./page.ts";
import { headOf, summarySection } from "./summary.ts";
import { timelineSection } from "./timeline.ts";

/** A run as one HTML file: no request leaves it, and no text of the run or of its image is anything but text. */
export async function runReport(record: RunRecord): Promise<string> {
  const { build, outcome, program, formatVersion } = record;
  return pageText({
    title: `${build}: ${outcome}`,
    head: headOf(record),
    sections: runSections(record),
    foot: html`<p>${program}, record format ${formatVersion}</p>`,
  });
}

/** All that is known of a run; what is not known has no section. */
export function runSections(record: RunRecord): readonly Section[] {
  const { image, bootTest } = record;
  const sections: readonly (Section | false)[] = [
    summarySection(record),
    record.phases.length > 0 && timelineSection(record),
    record.phases.length > 0 && criticalPathSection(record),
    image?.diff != null && changesSection(image.diff),
    image != null && image.packages.length > 0 && packagesSection(image),
    bootTest !== null && bootSection(bootTest),
    record.bootFailure !== null && bootFailureSection(record.bootFailure),
    (record.imageCheck !== null || record.generalised !== null) && imageCheckSection(record),
    record.provenance !== null && provenanceSection(record.provenance),
    record.resources.length > 0 && resourcesSection(record),
    configurationSection(record),
    record.apiCalls.length > 0 && callsSection(record),
    logSection(record.lines, record.leftOut.lines),
  ];
  return sections.filter((section) => section !== false);
}
