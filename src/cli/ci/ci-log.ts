import type { Annotation } from "./annotation.ts";
import { githubLog } from "./github-log.ts";
import { gitlabLog } from "./gitlab-log.ts";

/** The log of a CI system: what its pages make of a job's output. Every text is whole lines for standard output. */
export interface CiLog {
  /** Before the first line: from here on no line of ours can be taken for a command. */
  begin(): string;
  end(): string;
  /** What follows can be folded away, up to the next {@link closeSection}. */
  openSection(title: string, now: number): string;
  closeSection(now: number): string;
  /** Lines of a command that is no build, where nothing is between marks. */
  readonly harmlessOutput: (text: string) => string;
  /** Texts of a build in which nothing can be taken for a command: between the marks, and where there are none. */
  readonly harmlessLine: (text: string) => string;
  readonly harmlessText: (text: string) => string;
  /** JSON that means the same. */
  readonly harmlessJson: (text: string) => string;
  /** Undefined where the system has no such thing. */
  annotate(annotation: Annotation): string | undefined;
}

/** The system that the environment says we run under, if it is one that we know. */
export function ciLogOf(env: NodeJS.ProcessEnv): CiLog | undefined {
  if (env.GITHUB_ACTIONS === "true") return githubLog(env.GITHUB_WORKSPACE);
  if (env.GITLAB_CI === "true") return gitlabLog();
  return undefined;
}
