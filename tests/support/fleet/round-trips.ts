/** Counts how often somebody waits for answers: what is asked at once is answered at once. */
export interface RoundTrips {
  count(): number;
  /** An answer, after the way there and back. */
  answer<Value>(value: Value): Promise<Value>;
}

export function countRoundTrips(): RoundTrips {
  let count = 0;
  let underWay: Promise<void> | undefined;
  return {
    count: () => count,
    answer: async (value) => {
      underWay ??= new Promise((resolve) => {
        setImmediate(() => {
          count++;
          underWay = undefined;
          resolve();
        });
      });
      await underWay;
      return value;
    },
  };
}
