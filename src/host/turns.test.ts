import { describe, expect, it } from "vitest";
import { FakeClock } from "../../tests/support/outscale/fake-clock.ts";
import { CancelledError } from "../common/errors.ts";
import { Turns } from "./turns.ts";

const clock = new FakeClock();
const patient = { clock, timeoutMs: 60_000 };

async function taken(turns: Turns<string>) {
  const turn = await turns.take(patient);
  if (turn === undefined) throw new Error("The turn did not come");
  return turn;
}

describe("Turns", () => {
  it("come in order, with what the one before has passed on", async () => {
    const turns = new Turns<string>();
    const first = await taken(turns);
    const order: string[] = [];
    const others = ["a", "b", "c"].map(async (name) => {
      const turn = await taken(turns);
      order.push(`${name} got ${turn.baton}`);
      turn.end(`from ${name}`);
    });
    expect([first.baton, first.isAwaited()]).toEqual([undefined, true]);
    first.end("from the first");
    await Promise.all(others);
    expect(order).toEqual(["a got from the first", "b got from a", "c got from b"]);
    const later = await taken(turns);
    expect([later.baton, later.isAwaited()]).toEqual([undefined, false]);
  });

  it("end once", async () => {
    const turns = new Turns<string>();
    const first = await taken(turns);
    first.end();
    const second = await taken(turns);
    first.end("too late");
    const third = turns.take(patient);
    second.end("in time");
    expect((await third)?.baton).toBe("in time");
  });

  it("do not wait for those who have left the line", async () => {
    const turns = new Turns<string>();
    const first = await taken(turns);
    const gone = new AbortController();
    const cancelled = turns.take({ ...patient, signal: gone.signal }).catch((error: unknown) => error);
    const late = clock.run(turns.take({ clock, timeoutMs: 5 }));
    gone.abort();
    expect(await cancelled).toBeInstanceOf(CancelledError);
    expect(await late).toBeUndefined();
    expect(first.isAwaited()).toBe(false);
    const next = turns.take(patient);
    first.end("on");
    expect((await next)?.baton).toBe("on");
  });

  it("are not lost when the signal fires as the turn comes", async () => {
    const turns = new Turns<string>();
    const first = await taken(turns);
    const controller = new AbortController();
    const waiting = turns.take({ ...patient, signal: controller.signal });
    first.end("on");
    controller.abort();
    const turn = await waiting;
    turn?.end();
    expect((await taken(turns)).isAwaited()).toBe(false);
  });

  it("say that one has to wait, and only then", async () => {
    const turns = new Turns<string>();
    let waits = 0;
    const onWait = () => {
      waits += 1;
    };
    const first = await turns.take({ ...patient, onWait });
    expect(waits).toBe(0);
    const second = turns.take({ ...patient, onWait });
    expect(waits).toBe(1);
    first?.end();
    await second;
  });
});
