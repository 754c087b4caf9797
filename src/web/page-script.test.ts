import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { pageScript } from "./page-script.ts";

/** The script in a page that has one list with so many items. */
function pageWith(have: number) {
  const children: string[] = [];
  const list = { dataset: { next: String(have) }, children, append: (...items: string[]) => children.push(...items) };
  const heard = new Map<string, (event: object) => void>();
  const document = {
    body: { dataset: {} },
    documentElement: { classList: { toggle: () => undefined } },
    addEventListener: (type: string, listener: (event: object) => void) => heard.set(type, listener),
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
  const page = { document, addEventListener: document.addEventListener, setTimeout: () => undefined };
  runInNewContext(pageScript, page);
  const { addItems } = page as typeof page & {
    addItems: (items: { readonly list: string; readonly from: number; readonly html: string }) => void;
  };
  const happens = (type: string, event: object = {}) => heard.get(type)?.(event);
  return {
    list,
    happens,
    add: (from: number, ...items: string[]) => addItems({ list: "log", from, html: items.join() }),
  };
}

describe("the script of a page", () => {
  it("adds items after those that it has", () => {
    const { list, add } = pageWith(2);
    add(2, "c", "d");
    add(4, "e");
    expect([list.children, list.dataset.next]).toEqual([["c", "d", "e"], "5"]);
  });

  it("sends a form once, however often its button is pressed before the answer is there", () => {
    const { happens } = pageWith(0);
    let left = 0;
    const press = () => happens("submit", { preventDefault: () => left++ });
    press();
    expect(left).toBe(0);
    press();
    press();
    expect(left).toBe(2);
    // Somebody has come back to it.
    happens("pageshow");
    press();
    expect(left).toBe(2);
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
