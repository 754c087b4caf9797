import { type OptionEntry, optionReference } from "../src/config/option-reference.ts";

const INTRODUCTION = `# Configuration reference

<!-- Made by \`npm run docs\` from src/config/options/. Changes belong there. -->

Every option of a \`source "outscale-chroot"\` block, or of a builder of that type in a JSON template. Values are read as
loosely as Packer does: \`"50"\` is a number, one value is a list of one, \`null\` is "not given". An unknown option, a
value that cannot be and options that contradict each other are refused, all at once, before anything is created.

Texts are templates of Packer's \`{{ }}\` engine. Most are rendered before they are checked; those marked _late_ are rendered
by the build, when the values they may use are known. Durations are written as Go does: \`30m\`, \`1h30m\`.

[configuration.schema.json](configuration.schema.json) has the same as a JSON Schema, for editors and programs; [editors.md](editors.md) has those of whole templates.
`;

const ENVIRONMENT = `## Environment of the engine

Where the engine finds things on this machine. Credentials and proxies come from the environment too, under their usual names.

| variable | meaning | default |
| --- | --- | --- |
| \`OUTSCALE_CHROOT_METADATA_ENDPOINT\` | base URL of the metadata service | \`http://169.254.169.254\` |
| \`OUTSCALE_CHROOT_VM_ID\` | the VM that builds, in place of asking the metadata service | |
| \`OUTSCALE_CHROOT_DEVICE_FOLDER\` | where device names and \`disk/by-id\` links are looked up | \`/dev\` |
| \`OUTSCALE_CHROOT_STATE\` | where journals and records of builds lie | \`/var/lib/outscale-chroot\` |
| \`OUTSCALE_CHROOT_HISTORY_RUNS\` | how many records of finished runs are kept; 0 keeps none | 200 |
| \`OUTSCALE_CHROOT_HISTORY_DAYS\` | for how many days they are kept | 90 |
`;

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  const groups = optionReference.map(({ title, options }) => `## ${title}\n\n${options.map(optionText).join("\n")}`);
  return `${INTRODUCTION}\n${groups.join("\n")}\n${ENVIRONMENT}`;
}

function optionText(entry: OptionEntry): string {
  const text = `### \`${entry.name}\`\n\n${facts(entry)}\n\n${entry.about}\n\n${code(example(entry))}`;
  if (entry.options.length === 0) return text;
  return `${text}\n${entry.options.map(innerText).join("")}`;
}

function facts(entry: OptionEntry): string {
  return [
    entry.block === undefined ? entry.type : `${entry.block === "repeated" ? "repeated " : ""}block`,
    entry.required === true ? "required" : entry.required && `required ${entry.required}`,
    entry.default && `default: ${entry.default}`,
    entry.lateFields.length > 0 && `_late_, with ${entry.lateFields.map((field) => `\`{{.${field}}}\``).join(", ")}`,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** An option inside a block is one item of a list; its example stands in the block's. */
function innerText(entry: OptionEntry): string {
  const shown = entry.block === undefined ? ` Example: \`${entry.name} = ${entry.example}\`.` : "";
  return `- \`${entry.name}\` (${facts(entry)}): ${entry.about}${shown}\n${entry.options.map((inner) => `  ${innerText(inner)}`).join("")}`;
}

function example(entry: OptionEntry): string {
  return `${entry.name} ${entry.block === undefined ? "= " : ""}${entry.example}`;
}

function code(text: string): string {
  return `\`\`\`hcl\n${text}\n\`\`\`\n`;
}
