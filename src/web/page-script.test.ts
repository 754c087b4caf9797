import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { pageScript } from "./page-script.ts";

/** The script in a page that has one list with so many items. */
function pageWith(have: number) {
  const children: string[] = [];
  const list = { dataset: { next: String(have) }, children, append: (...items: string[]) => children.push(...items) };
  const document = {
    body: { dataset: {} },
    addEventListener: () => undefined,
    querySelector: () => null,
    querySelectorAll: () => [],
    getElementById: () => list,
    createElement: () => ({
      content: { children: [] as string[] },
      set innerHTML(html: string) {
        this.content.children = html.split(",").filter((each) => each !== "");
      },
    }),
  };
  const page = { document };
  runInNewContext(pageScript, page);
  const { addItems } = page as typeof page & {
    addItems: (items: { readonly list: string; readonly from: number; readonly html: string }) => void;
  };
  return { list, add: (from: number, ...items: string[]) => addItems({ list: "log", from, html: items.join() }) };
}

describe("the script of a page", () => {
  it("adds items after those that it has", () => {
    const { list, add } = pageWith(2);
    add(2, "c", "d");
    add(4, "e");
    expect([list.children, list.dataset.next]).toEqual([["c", "d", "e"], "5"]);
  });

  it("adds no item twice, however often it is told from the beginning", () => {
    const { list, add } = pageWith(3);
    add(0);
    add(0, "a", "b");
    expect(list.dataset.next).toBe("3");
    add(2, "c", "d");
    add(3, "d", "e");
    expect([list.children, list.dataset.next]).toEqual([["d", "e"], "5"]);
  });
});
