/** An argument or a block, as help shows it. */
export interface OptionDoc {
  readonly name: string;
  readonly kind: "argument" | "block";
  /** In words: `text`, `list of text`. */
  readonly type: string;
  /** Markdown. */
  readonly about: string;
  readonly default?: string;
  readonly isRequired?: true;
  readonly example?: string;
  /** What an argument may be, as it is written: `"gp2"`. */
  readonly values?: readonly string[];
  /** What each label of a block names. */
  readonly labels?: readonly string[];
  /** What a block may hold. */
  readonly inner?: ReadonlyMap<string, OptionDoc>;
}

export function argument(name: string, type: string, about: string): OptionDoc {
  return { name, kind: "argument", type, about, ...(type === "true or false" && { values: ["true", "false"] }) };
}

export function block(
  name: string,
  about: string,
  inner: ReadonlyMap<string, OptionDoc>,
  labels: readonly string[] = [],
): OptionDoc {
  return { name, kind: "block", type: "block", about, labels, inner };
}

function table(...docs: readonly OptionDoc[]): ReadonlyMap<string, OptionDoc> {
  return new Map(docs.map((doc) => [doc.name, doc]));
}

const forSources = [
  argument("only", "list of text", "The sources that it is for: `TYPE.NAME`."),
  argument("except", "list of text", "The sources that it is not for: `TYPE.NAME`."),
];

/** What every provisioner, or post-processor, has besides the options of its type. */
export function commonOptions(kind: "provisioner" | "post-processor"): ReadonlyMap<string, OptionDoc> {
  const name = argument("name", "text", "What it is called in messages.");
  if (kind === "post-processor") {
    const about = "Whether what it was made of stays; the post-processor's own default if it is not set.";
    return table(name, ...forSources, argument("keep_input_artifact", "true or false", about));
  }
  return table(
    name,
    ...forSources,
    argument("pause_before", "duration", 'Waits before each try: `"10s"`.'),
    argument("timeout", "duration", "Stops the provisioner and all that it has started; the pause counts."),
    argument("max_retries", "whole number", "Tries again after a failure, at most so often."),
    argument(
      "continue_on_error",
      "true or false",
      "A failure is a warning, after all its tries, and the build goes on.",
    ),
    argument(
      "override",
      "object of objects",
      "Options for one source alone, by its name: `{ web = { inline = [...] } }`.",
    ),
  );
}

const validation = table(
  argument("condition", "true or false", "What must hold; it can look at this variable only."),
  argument("error_message", "text", "What is said otherwise: a sentence."),
);

const variable = table(
  argument(
    "type",
    "type",
    "`string`, `number`, `bool`, `any`, `list(T)`, `set(T)`, `map(T)`, `tuple([T])`, `object({ name = T })`.",
  ),
  argument("default", "any", "The value when nothing else sets it; without one it must be given."),
  argument("description", "text", "What it is for; `inspect` shows it."),
  argument("sensitive", "true or false", "The value, and what is computed from it, is never shown."),
  block("validation", "A condition that the value must meet.", validation),
);

const requiredPlugins = block(
  "required_plugins",
  "Plugins by name: `{ source = ..., version = ... }`. What is built in is there.",
  new Map(),
);
const registry = block("hcp_packer_registry", "Has no effect here.", new Map());
const component = (name: string, about: string) => block(name, about, new Map(), ["type"]);

const build = table(
  argument("name", "text", "Comes before the names of the builds: `NAME.TYPE.SOURCE`."),
  argument("description", "text", "What the build is for."),
  argument("sources", "list of text", 'The sources that are built: `["source.outscale-chroot.NAME"]`.'),
  block("source", "A source that is built, under another name or with more options.", new Map(), ["reference"]),
  component("provisioner", "Changes the image."),
  component("error-cleanup-provisioner", "Runs once when provisioning has failed."),
  component("post-processor", "Does something with the OMI when it is there."),
  block(
    "post-processors",
    "A chain: each gets what the one before has made.",
    table(component("post-processor", "One of a chain.")),
  ),
  block("dynamic", "Provisioners or post-processors that are made for each element of a collection.", new Map(), [
    "block type",
  ]),
  registry,
);

/** What may stand in a template. */
export const topLevel: ReadonlyMap<string, OptionDoc> = table(
  block(
    "packer",
    "Which Packer, and which plugins, the template is for.",
    table(argument("required_version", "text", 'A constraint such as `">= 1.7"`.'), requiredPlugins),
  ),
  block("variable", "What a user can set.", variable, ["name"]),
  block("variables", "Variables with their defaults, and nothing else.", new Map()),
  block("locals", "Values by name, computed from variables, data sources and each other.", new Map()),
  block(
    "local",
    "One value, which may be sensitive.",
    table(
      argument("expression", "any", "The value."),
      argument("sensitive", "true or false", "The value, and what is computed from it, is never shown."),
    ),
    ["name"],
  ),
  block("data", "What is looked up: an OMI.", new Map(), ["type", "name"]),
  block("source", "Options of a builder, to be used by builds.", new Map(), ["type", "name"]),
  block("build", "Which sources are built, and what is done with them.", build),
  registry,
);
