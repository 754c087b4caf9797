import { GobType, gobInt, gobStruct, gobStructType, gobValue } from "./encode.ts";

const commandFinished = { name: "CommandFinished", id: 65 };
const definition = gobStructType(commandFinished, [["ExitStatus", GobType.int]]);

/** The stream that tells Packer how a command ended. @param code -1 for a command that a signal ended, as in Go */
export function encodeExitStatus(code: number): Buffer {
  const value = gobStruct([code === 0 ? undefined : gobInt(code)]);
  return Buffer.concat([definition, gobValue(commandFinished.id, value)]);
}
