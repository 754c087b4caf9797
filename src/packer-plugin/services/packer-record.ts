import type { OmiArtifact } from "../../builder/artifact.ts";
import type { BuildEvent } from "../../builder/events.ts";
import type { Ui } from "../../builder/ui.ts";
import { outcomeOf, unwrapFailure } from "../../builder/unwrap-failure.ts";
import { systemClock } from "../../common/clock.ts";
import { secrets } from "../../common/secrets.ts";
import type { PreparedConfig } from "../../config/prepare-config.ts";
import { mapTexts } from "../../definition/map-texts.ts";
import { keepRecord, templateRecord } from "../../history/keep-record.ts";
import type { HistoryLimits } from "../../history/prune-records.ts";
import { RunRecorder } from "../../history/run-recorder.ts";

interface PackerRecordOptions {
  /** Packer tells it of templates in JSON. */
  readonly templatePath: string | undefined;
  readonly limits: HistoryLimits;
}

/** The record of a build that Packer drives, as far as the plugin sees it: what provisioners say, only Packer does. */
export class PackerRecord {
  readonly #prepared: PreparedConfig;
  readonly #recorder: RunRecorder;
  readonly #limits: HistoryLimits;
  readonly #warnings: string[];

  constructor(prepared: PreparedConfig, { templatePath, limits }: PackerRecordOptions) {
    this.#prepared = prepared;
    this.#limits = limits;
    this.#warnings = [...prepared.warnings];
    const build = `outscale-chroot.${prepared.config.packerBuildName ?? "build"}`;
    const template = templateRecord(templatePath ?? "", templatePath === undefined ? [] : [templatePath]);
    // Packer has no word for which options are sensitive: their values are masked wherever they stand.
    const configuration = mapTexts(prepared.showGiven(new Set()), (text) => secrets.mask(text));
    this.#recorder = new RunRecorder({ build, template, configuration }, systemClock);
  }

  /** The same screen, to which the record listens. */
  listenTo(ui: Ui): Ui {
    const recorder = this.#recorder;
    const tell = (kind: "say" | "message" | "warn" | "error") => (text: string) => {
      recorder.line(kind, text);
      ui[kind](text);
    };
    return {
      say: tell("say"),
      message: tell("message"),
      warn: tell("warn"),
      error: tell("error"),
      ask: (question, signal) => ui.ask(question, signal),
    };
  }

  note(event: BuildEvent): void {
    if (event.type === "warning") this.#warnings.push(event.message);
    this.#recorder.note(event);
  }

  /** Writes the record once the build has ended, whichever way. Never rejects for what becomes of the build. */
  async keep(run: Promise<OmiArtifact | undefined>, ui: Pick<Ui, "warn">): Promise<void> {
    const end = await run.then(
      (artifact) => ({ outcome: "done" as const, artifact, error: undefined }),
      (error: unknown) => ({ outcome: outcomeOf(unwrapFailure(error).error), artifact: undefined, error }),
    );
    const { stateFolder } = this.#prepared.config;
    const place = { stateFolder, limits: this.#limits, ui, clock: systemClock };
    await keepRecord(this.#recorder, { ...end, warnings: this.#warnings, image: null }, place);
  }
}
