import type { RecordedPhase, RunRecord } from "../history/run-record.ts";
import { inSeconds, inWords } from "../terminal/elapsed.ts";
import { html, type Markup, type Section } from "./markup.ts";

/** What a run was, in a heading and a few lines. */
export function headOf({ build, outcome, runId, startedAt, elapsedMs }: RunRecord): Markup {
  return html`<h1>${build} <span class="badge ${outcome}">${outcome}</span></h1>
<p class="muted">Run <code>${runId}</code>, <time datetime="${startedAt}">${startedAt.replace("T", " ").replace(/\.\d+Z$/, " UTC")}</time>, ${inWords(elapsedMs)}</p>`;
}

export function summarySection(record: RunRecord): Section {
  const { phases, elapsedMs, product, source, account, template, warnings, error, earlier } = record;
  const waits = covered(phases.filter(({ kind }) => kind === "wait"));
  const provisioners = covered(phases.filter(({ kind }) => kind === "provisioner"));
  const figures: readonly (readonly [string, string])[] = [
    [inSeconds(elapsedMs), "in all"],
    [inSeconds(provisioners), "provisioners"],
    [inSeconds(waits), "waiting for the service"],
    [String(record.apiCalls.reduce((sum, { count }) => sum + count, 0)), "API calls"],
    [String(warnings.length), warnings.length === 1 ? "warning" : "warnings"],
  ];
  const facts: readonly (readonly [string, string | null])[] = [
    ["OMI", product && `${product.imageId} ${product.imageName}, of ${product.snapshotIds.join(", ")}`],
    ...(product?.copies ?? []).map(
      ({ region, imageId, accountId, snapshotIds }) =>
        [`In ${region}`, `${imageId}, of ${snapshotIds.join(", ")}, account ${accountId}`] as const,
    ),
    [
      "Source OMI",
      source && `${source.imageId} ${source.imageName}, of account ${source.accountId}, root ${source.snapshotId}`,
    ],
    ["System", record.image?.os?.prettyName ?? null],
    ["Account", account && `${account.accountId} in ${account.region}`],
    ...earlier.map(({ startedAt, outcome, step, error: was }) => {
      const where = step === null ? "" : ` in ${step}`;
      return ["Before", `${outcome}${where}, begun at ${startedAt}${was === null ? "" : `: ${was}`}`] as const;
    }),
    ["Template", `${template.path}, SHA-256 ${template.sha256}`],
  ];
  const body = html`
${error === null ? "" : failure(error)}
${warnings.map((text) => html`<p class="notice" role="note">${text}</p>`)}
<ul class="figures">${figures.map(([value, name]) => html`<li><strong>${value}</strong><span>${name}</span></li>`)}</ul>
<dl class="facts">${facts.map(([name, value]) => (value === null ? "" : html`<dt>${name}</dt><dd>${value}</dd>`))}</dl>`;
  return { id: "summary", title: "Summary", body };
}

function failure({ code, message, hint, step }: NonNullable<RunRecord["error"]>): Markup {
  const where = step === null ? "" : ` in ${step}`;
  return html`<p class="notice error" role="alert"><strong>${code}${where}</strong>
${message}${hint === null ? "" : `\n${hint}`}</p>`;
}

/** How long at least one of them went on. */
export function covered(phases: readonly Pick<RecordedPhase, "startMs" | "elapsedMs">[]): number {
  let total = 0;
  let until = 0;
  for (const { startMs, elapsedMs } of phases.toSorted((a, b) => a.startMs - b.startMs)) {
    const end = startMs + elapsedMs;
    total += Math.max(0, end - Math.max(startMs, until));
    until = Math.max(until, end);
  }
  return total;
}
