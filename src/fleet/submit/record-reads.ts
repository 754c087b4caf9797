import { ownValue } from "../../common/own-value.ts";

/** What a template reads of this machine besides its own files, as it is evaluated. */
export class RecordedReads {
  readonly #names = new Set<string>();
  readonly #paths = new Set<string>();
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /**
   * An environment for the evaluation: what is listed of it are the values of variables, all of which are taken; what is
   * asked for by its name is noted.
   */
  get environment(): NodeJS.ProcessEnv {
    const asked = new Proxy<NodeJS.ProcessEnv>(
      {},
      {
        get: (_, name) => {
          if (typeof name !== "string") return undefined;
          this.#names.add(name);
          return ownValue(this.#env, name);
        },
      },
    );
    return Object.assign(Object.create(asked) as NodeJS.ProcessEnv, this.#variables());
  }

  readonly locateFile = (path: string): string => {
    this.#paths.add(path);
    return path;
  };

  /** Absolute. Whether they were there is another matter. */
  get paths(): readonly string[] {
    return [...this.#paths].sort();
  }

  get taken(): Readonly<Record<string, string>> {
    const asked = [...this.#names].flatMap((name) => {
      const value = ownValue(this.#env, name);
      return value === undefined ? [] : [[name, value] as const];
    });
    return { ...this.#variables(), ...Object.fromEntries(asked) };
  }

  #variables(): Readonly<Record<string, string>> {
    const entries = Object.entries(this.#env).filter(([name]) => name.startsWith("PKR_VAR_"));
    return Object.fromEntries(
      entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
    );
  }
}
