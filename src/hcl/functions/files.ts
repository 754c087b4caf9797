import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { messageOf } from "../../common/errors.ts";
import { decodeUtf8 } from "../../common/utf8.ts";
import { boolType, setType, stringType } from "../values/type.ts";
import { boolValue, setValue, stringValue } from "../values/value.ts";
import type { FunctionContext } from "./context.ts";
import { argumentAt, type Functions, stringFunction, stringParam } from "./define.ts";
import { findFiles } from "./find-files.ts";
import { ArgumentError, FunctionError, type HclFunction } from "./function.ts";

/** Where the files of a template are. */
export class TemplateFolder {
  readonly #context: FunctionContext;

  constructor(context: FunctionContext) {
    this.#context = context;
  }

  /** The path with its `~` replaced by the home folder. */
  expand(given: string): string {
    if (!given.startsWith("~")) return given;
    if (given !== "~" && !given.startsWith("~/")) {
      throw new FunctionError(`"${given}" names the home folder of another user, which is not looked up`);
    }
    return path.join(this.#context.homeFolder ?? os.homedir(), given.slice(1));
  }

  /** An absolute path, as `file()` and its like take it. */
  resolve(given: string): string {
    return this.locate(path.resolve(this.#context.baseFolder, this.expand(given)));
  }

  /** An absolute path, as `fileset()` takes it: `~` is a name like any other. */
  resolveLiteral(given: string): string {
    return this.locate(path.resolve(this.#context.baseFolder, given));
  }

  /** Where a file lies that is read: a template may have been written on another machine. */
  locate(absolute: string): string {
    return this.#context.locate?.(absolute) ?? absolute;
  }

  /** An absolute path, as `abspath()` takes it: from the working folder, and `~` is a name like any other. */
  resolveFromWorkingFolder(given: string): string {
    return path.resolve(this.#context.workingFolder ?? process.cwd(), given);
  }

  /** @throws {FunctionError} when the file cannot be read, or is not a text in UTF-8 */
  readText(given: string): string {
    const text = decodeUtf8(this.readBytes(this.resolve(given), given));
    if (text !== undefined) return text;
    throw new FunctionError(`the contents of "${given}" are not valid UTF-8; filebase64() reads any file`);
  }

  /** @throws {FunctionError} when the file cannot be read */
  readBytes(resolved: string, given: string): Buffer {
    try {
      const bytes = fs.readFileSync(resolved);
      this.#context.onRead?.(resolved, given);
      return bytes;
    } catch (error) {
      throw new FunctionError(`"${given}" cannot be read: ${messageOf(error)}`);
    }
  }
}

/** `fileexists(path)`: a folder or device of the name is an error. */
function fileExists(resolved: string, given: string): boolean {
  try {
    const stats = fs.statSync(resolved, { throwIfNoEntry: false });
    if (!stats || stats.isFile()) return stats !== undefined;
  } catch (error) {
    throw new FunctionError(`"${given}" cannot be looked up: ${messageOf(error)}`);
  }
  throw new FunctionError(`"${given}" is not a regular file`);
}

function fileset(folder: TemplateFolder): HclFunction {
  return {
    params: [stringParam("path"), stringParam("pattern")],
    returnType: setType(stringType),
    evaluate: (args) => {
      const root = folder.resolveLiteral(argumentAt(args, 0).asString());
      try {
        const found = findFiles(root, argumentAt(args, 1).asString());
        for (const file of found) folder.locate(path.resolve(root, file));
        return setValue(found.map(stringValue), stringType);
      } catch (error) {
        throw new ArgumentError(1, messageOf(error));
      }
    },
  };
}

export function fileFunctions(context: FunctionContext): Functions {
  const folder = new TemplateFolder(context);
  return {
    abspath: stringFunction(["path"], (given = "") => folder.resolveFromWorkingFolder(given)),
    basename: stringFunction(["path"], (given = "") => (given === "" ? "." : path.basename(given) || "/")),
    dirname: stringFunction(["path"], (given = "") => dirname(given)),
    file: stringFunction(["path"], (given = "") => folder.readText(given)),
    filebase64: stringFunction(["path"], (given = "") => {
      return folder.readBytes(folder.locate(folder.resolveFromWorkingFolder(given)), given).toString("base64");
    }),
    fileexists: {
      params: [stringParam("path")],
      returnType: boolType,
      evaluate: (args) => {
        const given = argumentAt(args, 0).asString();
        return boolValue(fileExists(folder.resolve(given), given));
      },
    },
    fileset: fileset(folder),
    pathexpand: stringFunction(["path"], (given = "") => folder.expand(given)),
  };
}

/** What stands before the last slash, cleaned: of `a/b/` it is `a/b`. */
function dirname(given: string): string {
  const folder = path.normalize(given.slice(0, given.lastIndexOf("/") + 1));
  return folder.length > 1 ? folder.replace(/\/$/, "") : folder;
}
