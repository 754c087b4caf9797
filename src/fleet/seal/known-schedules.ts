import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FleetError } from "../../common/errors.ts";
import { writeWholeFile } from "../../common/whole-file.ts";

/** Longer than any schedule lives. */
const KEPT_MS = 400 * 24 * 3_600_000;

const knownSchema = z.strictObject({ generation: z.number(), due: z.number() });
type Known = z.output<typeof knownSchema>;
const nothing: Known = { generation: 0, due: 0 };

/** A schedule of a time, as a worker is about to obey it. */
export interface DueSchedule {
  readonly name: string;
  readonly generation: number;
  readonly due: number;
}

/**
 * What this worker knows of schedules, in a folder of its own state: which it has obeyed for which time, and which were
 * removed. Who can write to the queue can change all that it says of them, but not this.
 */
export class KnownSchedules {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws {FleetError} when it was removed or replaced */
  async checkValid({ name, generation }: Omit<DueSchedule, "due">): Promise<void> {
    if (generation < (await this.#read(name)).generation) throw refused(name, "it was removed or replaced");
  }

  /** @throws {FleetError} when it was removed or replaced, or obeyed for this time */
  async check({ name, generation, due }: DueSchedule): Promise<void> {
    await this.checkValid({ name, generation });
    const known = await this.#read(name);
    if (generation === known.generation && due <= known.due)
      throw refused(name, `it was obeyed for ${new Date(due).toISOString()} before`);
  }

  /** It is obeyed for this time, and for none before. */
  note({ name, generation, due }: DueSchedule): Promise<void> {
    return this.#write(name, { generation, due });
  }

  /** It is not obeyed any more, even when it comes back. */
  async forget(name: string, generation: number): Promise<void> {
    const known = await this.#read(name);
    if (known.generation <= generation) await this.#write(name, { generation: generation + 1, due: 0 });
  }

  async #read(name: string): Promise<Known> {
    const path = this.#pathOf(name);
    try {
      return knownSchema.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return nothing;
      throw new FleetError(`What this worker knows of the schedule ${name} cannot be read`, { cause: error });
    }
  }

  async #write(name: string, known: Known): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#removeOld();
    await writeWholeFile(this.#pathOf(name), JSON.stringify(known));
  }

  async #removeOld(): Promise<void> {
    for (const file of await readdir(this.#folder)) {
      const path = join(this.#folder, file);
      if (Date.now() - (await stat(path)).mtimeMs > KEPT_MS) await rm(path, { force: true });
    }
  }

  #pathOf(name: string): string {
    if (!/^[a-z0-9-]{1,40}$/.test(name)) throw refused(name, "that is no name of a schedule");
    return join(this.#folder, name);
  }
}

function refused(name: string, reason: string): FleetError {
  return new FleetError(`The schedule ${name} is refused: ${reason}`);
}
