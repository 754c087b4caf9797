import type { Clock } from "../common/clock.ts";
import { secrets } from "../common/secrets.ts";
import { mapTexts } from "../definition/map-texts.ts";
import type { ImageDiff } from "../evidence/image-diff.ts";
import type { HistoryLimits } from "../history/prune-records.ts";
import type { RunRecord } from "../history/run-record.ts";
import { RunRecorder } from "../history/run-recorder.ts";
import type { ImageEvidence } from "./image-evidence.ts";
import type { PreparedBuild } from "./prepare-builds.ts";
import type { Report } from "./report.ts";

/** That records are kept, and of what. */
export interface HistoryInput {
  readonly limits: HistoryLimits;
  readonly template: RunRecord["template"];
}

/** A recorder for a build that is about to begin. */
export function recorderOf(
  { definition, prepared }: Pick<PreparedBuild, "definition" | "prepared">,
  { template }: HistoryInput,
  clock: Clock,
): RunRecorder {
  // A tag may be named as one of the record's own words, which are not masked when it is written.
  const configuration = mapTexts(prepared.showGiven(definition.sensitiveOptions), (text) => secrets.mask(text));
  return new RunRecorder({ build: definition.name, template, configuration }, clock);
}

/** A report of one build, to which its recorder listens. */
export function recordedReport(report: Report, recorder: RunRecorder): Report {
  return {
    line(kind, build, message, part) {
      recorder.line(kind, message, part);
      report.line(kind, build, message, part);
    },
    event(build, event) {
      recorder.note(event);
      report.event(build, event);
    },
    note: (kind, message) => report.note(kind, message),
    ask: (build, question, signal) => report.ask(build, question, signal),
    ended: (result) => report.ended(result),
    finished: (results, elapsedMs) => report.finished(results, elapsedMs),
  };
}

/** So many of the files that changed are in a record: it is read whole whenever runs are listed. */
const MOST_FILES = 200;

/** What a record has of an image. */
export function imageRecord({ contents, diff }: ImageEvidence): RunRecord["image"] {
  const { os, packages } = contents;
  return {
    os: os ? { id: os.id, versionId: os.versionId, prettyName: os.prettyName } : null,
    packages: packages.map(({ name, version, arch, license, sizeBytes }) => ({
      name,
      version,
      arch,
      ...(license !== undefined && { license }),
      ...(sizeBytes !== undefined && { sizeBytes }),
    })),
    diff: diff ? shortened(diff) : null,
  };
}

function shortened(diff: ImageDiff): ImageDiff {
  const { list, leftOut } = diff.files;
  const kept = list.slice(0, MOST_FILES);
  return { ...diff, files: { ...diff.files, list: kept, leftOut: leftOut + list.length - kept.length } };
}
