import { rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";

/** A way to a Redis on which a test has a hand. */
export interface LossyWay extends AsyncDisposable {
  /** The socket at this end. */
  readonly socket: string;
  /** The next time that somebody asks something with this text, it is done, and the connection ends in the place of an answer. */
  loseAnswerTo(text: string): void;
  /** How many answers were lost. */
  readonly lost: number;
  /** The next time that somebody asks something with this text, it waits until a test lets it go on. */
  holdQuestion(text: string): Promise<() => void>;
}

/** @param redisSocket Where the Redis listens */
export async function openLossyWay(redisSocket: string): Promise<LossyWay> {
  const socket = `${redisSocket}.lossy`;
  const open = new Set<Socket>();
  let toLose: string | undefined;
  let toHold: { readonly text: string; readonly onHeld: (goOn: () => void) => void } | undefined;
  let lost = 0;
  const server = createServer((near) => {
    const far = connect(redisSocket);
    let isCut = false;
    for (const each of [near, far]) {
      open.add(each);
      each.on("error", () => undefined);
      each.on("close", () => {
        open.delete(each);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (asked) => {
      if (toLose !== undefined && asked.includes(toLose)) {
        toLose = undefined;
        isCut = true;
      }
      if (toHold === undefined || !asked.includes(toHold.text)) return void far.write(asked);
      const { onHeld } = toHold;
      toHold = undefined;
      near.pause();
      onHeld(() => {
        far.write(asked);
        near.resume();
      });
    });
    far.on("data", (answer) => {
      if (!isCut) return void near.write(answer);
      // It is answered, so it was done.
      if (!near.destroyed) lost++;
      near.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    loseAnswerTo: (text) => {
      toLose = text;
    },
    get lost() {
      return lost;
    },
    holdQuestion: (text) =>
      new Promise((onHeld) => {
        toHold = { text, onHeld };
      }),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const each of open) each.destroy();
      await closed;
      await rm(socket, { force: true });
    },
  };
}
