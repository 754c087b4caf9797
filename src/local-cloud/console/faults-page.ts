import { schemaProblems } from "../../common/schema-problems.ts";
import { html, type Markup, sectionMarkup, table } from "../../report/markup.ts";
import { actionForm } from "../../web/action-form.ts";
import type { Visitor } from "../../web/guard.ts";
import { Fault, faultKinds, lateObjects } from "../faults.ts";
import { LocalCloudError } from "../local-cloud-error.ts";
import { transitionNames } from "../states/transitions.ts";
import type { RegionLook } from "./region-look.ts";

/** The fields of a fault that are numbers; the others are texts. */
const NUMBERS = ["ms", "times", "skip", "retryAfterSeconds"] as const;
const TEXTS = ["kind", "action", "transition", "object"] as const;

/** The faults that wait, and a form for another one. */
export function faultsBody(region: string, { faults }: RegionLook, visitor: Visitor): Markup {
  const rows = faults.map(({ kind, ...details }) => [kind, html`<code>${JSON.stringify(details)}</code>`]);
  const clear = actionForm(visitor, { id: "clear", action: `/${region}/faults/clear`, button: "Clear all of them" });
  const waiting =
    rows.length === 0
      ? html`<p class="empty">No fault waits.</p>`
      : html`${table("Faults", ["Kind", "Details"], rows)}<div class="actions">${clear}</div>`;
  return html`${sectionMarkup({ id: "faults", title: "Faults that wait", body: waiting })}
${sectionMarkup({ id: "new-fault", title: "Another fault", body: faultForm(region, visitor) })}`;
}

function faultForm(region: string, visitor: Visitor): Markup {
  const choice = (
    name: string,
    label: string,
    values: readonly string[],
    first: Markup | string,
  ) => html`<label>${label}
<select name="${name}" id="fault-${name}">${first}${values.map((value) => html`<option>${value}</option>`)}</select></label>`;
  const none = html`<option value="">-</option>`;
  return html`<form method="post" action="/${region}/faults"><input type="hidden" name="token" value="${visitor.formToken}">
<div class="fields">
${choice("kind", "Kind", faultKinds, "")}
<label>Call (* for all)<input type="text" name="action" id="fault-action" maxlength="64" autocomplete="off"></label>
${choice("transition", "State that sticks or fails", transitionNames, none)}
${choice("object", "Object that is late", lateObjects, none)}
<label>Milliseconds<input type="number" name="ms" id="fault-ms"></label>
<label>How often it acts<input type="number" name="times" id="fault-times" min="1"></label>
<label>How many it lets pass<input type="number" name="skip" id="fault-skip" min="0"></label>
<label>Retry-After, seconds<input type="number" name="retryAfterSeconds" id="fault-retryAfterSeconds" min="0"></label>
</div>
<button id="fault-add">Add it</button></form>
<p class="muted">What each kind does, and which fields it takes, is in docs/local-cloud.md.</p>`;
}

/** The fault that a form describes. @throws {LocalCloudError} with what is wrong with it */
export function readFault(form: URLSearchParams): Fault {
  const texts = TEXTS.map((name) => [name, form.get(name) ?? ""] as const).filter(([, text]) => text !== "");
  const numbers = NUMBERS.map((name) => [name, form.get(name) ?? ""] as const).filter(([, text]) => text !== "");
  const fault = Fault.safeParse({
    ...Object.fromEntries(texts),
    ...Object.fromEntries(numbers.map(([name, text]) => [name, Number(text)])),
  });
  if (fault.success) return fault.data;
  throw new LocalCloudError(`That is no fault: ${schemaProblems(fault.error).join("; ")}`, {
    hint: "docs/local-cloud.md has what each kind takes",
  });
}
