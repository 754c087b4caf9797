import { randomBytes } from "node:crypto";
import { relative, resolve } from "node:path";
import { secrets } from "../../common/secrets.ts";
import type { Annotation } from "./annotation.ts";
import type { CiLog } from "./ci-log.ts";

/**
 * GitHub Actions takes every line for a command that begins with `::`, or has `##[` in it: what an image prints could set
 * variables, mask words or forge sections. So its commands are stopped, by a token that nobody can know, but for our own.
 * @param workspace The folder of the repository, to which it wants the paths of annotations to be relative
 * @see https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
export function githubLog(workspace = process.cwd()): CiLog {
  let token = "";
  const stop = () => {
    token = randomBytes(16).toString("hex");
    return `::stop-commands::${token}\n`;
  };
  const resume = () => `::${token}::\n`;
  const command = (line: string) => `${resume()}${line}\n${stop()}`;
  return {
    begin: stop,
    end: resume,
    openSection: (title) => command(`::group::${data(title)}`),
    closeSection: () => command("::endgroup::"),
    // The runner takes off every blank that .NET knows, which are those of JavaScript and one more.
    harmlessOutput: (text) => text.replaceAll(/^([\s\u0085]*):(?=:)/gm, "$1: ").replaceAll("##[", "## ["),
    harmlessLine: (text) => text,
    // What begins with a time or a brace begins with no colon.
    harmlessText: (text) => text.replaceAll("##[", "## ["),
    harmlessJson: (text) => text.replaceAll("##[", "##\\u005b"),
    annotate: (annotation) => command(annotationLine(annotation, workspace)),
  };
}

/** The line of an annotation, where commands are not stopped. */
function annotationLine({ kind, message, place }: Annotation, workspace = process.cwd()): string {
  const where = place && ` file=${property(relative(workspace, resolve(place.file)))},line=${place.line}`;
  return `::${kind}${where ?? ""}::${data(message)}`;
}

/** Masked before it is escaped: a secret of several lines would not be recognised then. */
function data(text: string): string {
  return secrets.mask(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
