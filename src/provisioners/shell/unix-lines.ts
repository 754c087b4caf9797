import { Transform } from "node:stream";

const CR = 0x0d;
const LF = 0x0a;

/** Turns Windows line ends into Unix ones on the way, and ends the last line. */
export function unixLines(): Transform {
  let heldReturn = false;
  let last: number | undefined;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const bytes: number[] = [];
      for (const byte of chunk) {
        if (heldReturn && byte !== LF) bytes.push(CR);
        heldReturn = byte === CR;
        if (!heldReturn) bytes.push(byte);
      }
      last = bytes.at(-1) ?? last;
      done(null, Buffer.from(bytes));
    },
    flush(done) {
      // As Packer: a lone return at the end belongs to the line end that is missing.
      done(null, last === undefined || (last === LF && !heldReturn) ? null : Buffer.from("\n"));
    },
  });
}
