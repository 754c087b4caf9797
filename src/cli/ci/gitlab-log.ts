import type { CiLog } from "./ci-log.ts";

const ERASE = "\u001b[0K";

/**
 * GitLab folds what stands between two marks, which end with a carriage return and an escape sequence. It has no
 * annotations: what is red or yellow is seen.
 * @see https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections
 */
export function gitlabLog(): CiLog {
  let number = 0;
  const mark = (what: string, now: number, options = "") => {
    return `${ERASE}section_${what}:${Math.floor(now / 1_000)}:outscale_chroot_${number}${options}\r${ERASE}`;
  };
  return {
    begin: () => "",
    end: () => "",
    openSection: (title, now) => {
      number++;
      return `${mark("start", now, "[collapsed=true]")}${title.replaceAll("\r", "")}\n`;
    },
    closeSection: (now) => `${mark("end", now)}\n`,
    // A mark without its end is none.
    harmlessOutput: (text) => text.replaceAll("\r", ""),
    harmlessLine: (text) => text.replaceAll("\r", ""),
    // A program's lines have no carriage returns, but as \r.
    harmlessText: (text) => text,
    harmlessJson: (text) => text,
    annotate: () => undefined,
  };
}
