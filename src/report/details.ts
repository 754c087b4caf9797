import { inBytes } from "../common/bytes.ts";
import type { RunRecord } from "../history/run-record.ts";
import { inSeconds } from "../terminal/elapsed.ts";
import { filterBox, html, type Markup, type Section, table } from "./markup.ts";

export function packagesSection({ packages }: NonNullable<RunRecord["image"]>): Section {
  const rows = packages.map(({ name, version, arch, license, sizeBytes }) => [
    name,
    version,
    arch,
    license ?? "",
    sizeBytes === undefined ? "" : inBytes(sizeBytes),
  ]);
  const body = html`${filterBox("package-list", "Find")}
<div id="package-list">${table("Packages of the image", ["Package", "Version", "Architecture", "Licence", "Size"], rows, [4])}</div>`;
  return { id: "packages", title: `Packages (${packages.length})`, body };
}

export function bootSection(test: NonNullable<RunRecord["bootTest"]>): Section {
  const { elapsedMs, acceleration, console, commands, failedUnits } = test;
  const body = html`<p>It booted in ${inSeconds(elapsedMs)} under ${acceleration.toUpperCase()}. The end of its console:</p>
<pre tabindex="0">${console.join("\n")}</pre>
${commands.map(
  ({ command, exitCode, output }) => html`<h3><code>${command}</code>: exit code ${String(exitCode)}</h3>
<pre tabindex="0">${output}</pre>`,
)}
${failedUnits.map(
  ({ name, status }) => html`<h3>The unit <code>${name}</code> has failed</h3>
<pre tabindex="0">${status}</pre>`,
)}`;
  return { id: "boot", title: "Boot test", body };
}

/** What the image has that others should not get, and what was removed before. */
export function imageCheckSection({ imageCheck, generalised }: RunRecord): Section {
  const { findings = [], allowed = 0, notes = [] } = imageCheck ?? {};
  const rows = findings.map(({ rule, path, detail }) => [rule, html`<code>${path}</code>`, detail ?? ""]);
  const told = findings.length === 0 ? "Nothing was found" : `${findings.length} findings`;
  const body = html`${imageCheck === null ? "" : html`<p>${told}${allowed > 0 ? `, and ${allowed} that are allowed` : ""}. Level: ${imageCheck.level}.</p>`}
${rows.length === 0 ? "" : table("Findings", ["Rule", "Path", ""], rows)}
${notes.map((note) => html`<p class="notice">${note}</p>`)}
${generalised === null ? "" : html`<h3>Removed, as it belonged to one machine</h3><ul>${generalised.map((line) => html`<li>${line}</li>`)}</ul>`}`;
  return { id: "image-check", title: "Image check", body };
}

/** How the OMI came to be: what it was made of, by digest. */
export function provenanceSection({ subject, predicate }: NonNullable<RunRecord["provenance"]>): Section {
  const { resolvedDependencies = [] } = predicate.buildDefinition;
  const { id, version = {} } = predicate.runDetails.builder;
  const rows = [
    ...subject.map((one) => ["product", one.name ?? "", digestsOf(one.digest)]),
    ...resolvedDependencies.map(({ name = "", uri = "", digest, annotations }) => [
      typeof annotations?.kind === "string" ? annotations.kind : "",
      name || uri,
      digestsOf(digest),
    ]),
  ];
  const by = [id, ...Object.values(version)].join(" ");
  const body = html`<p>Built by ${by}. The statement is no proof by itself: a signature is, in the file that <code>-provenance</code> writes.</p>
${table("What the OMI was made of", ["", "Name", "Digest"], rows)}`;
  return { id: "provenance", title: "Provenance", body };
}

function digestsOf(digest: Readonly<Record<string, string>> = {}): Markup {
  const texts = Object.entries(digest).map(([name, value]) => `${name}:${value}`);
  return html`<code>${texts.join(" ")}</code>`;
}

/** What an image that did not boot had to say. */
export function bootFailureSection({ console, consoleFile }: NonNullable<RunRecord["bootFailure"]>): Section {
  const file =
    consoleFile === null ? "" : html` The whole of it is in <code>${consoleFile}</code> of the machine that built it.`;
  const body = html`<p>It did not boot. The end of its console:${file}</p>
<pre tabindex="0">${console.join("\n")}</pre>`;
  return { id: "boot", title: "Boot test", body };
}

/** What was made, and what became of it. */
export function resourcesSection({ resources }: RunRecord): Section {
  const rows = resources.map(({ kind, id, change, atMs }) => [inSeconds(atMs), kind, id, change]);
  const body = html`${table("Resources", ["At", "Kind", "Id", "Became"], rows, [0])}`;
  return { id: "resources", title: "Resources", body };
}

/** Who may use the OMI, and what it is called by: of the options that say so. */
const SHARING = [
  "tags",
  "tag",
  "snapshot_tags",
  "snapshot_tag",
  "omi_account_ids",
  "snapshot_account_ids",
  "global_permission",
  "omi_groups",
  "snapshot_groups",
  "product_codes",
];

export function configurationSection({ configuration }: RunRecord): Section {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
  const entries = Object.entries(configuration);
  const rank = (name: string) => (SHARING.includes(name) ? 0 : 1);
  const rows = entries
    .toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([name, value]) => [html`<code>${name}</code>`, html`<code>${text(value)}</code>`]);
  const body = html`${table("Options of the build", ["Option", "Value"], rows)}`;
  return { id: "configuration", title: "Tags, permissions and options", body };
}

export function callsSection({ apiCalls, leftOut }: RunRecord): Section {
  const rows = apiCalls.map(({ action, count, startMs, elapsedMs, status, errorCode, requestId }) => [
    inSeconds(startMs),
    count > 1 ? `${action} × ${count}` : action,
    inSeconds(elapsedMs),
    [status ?? "no answer", errorCode].filter((part) => part !== null).join(" "),
    html`<code>${requestId ?? ""}</code>`,
  ]);
  const before = leftOut.apiCalls > 0 ? html`<p class="muted">${leftOut.apiCalls} before these are left out.</p>` : "";
  const body = html`${filterBox("call-list", "Find")}${before}
<div id="call-list">${table("API calls", ["At", "Call", "Took", "Status", "Request"], rows, [0, 2])}</div>`;
  return { id: "calls", title: "API calls", body };
}
