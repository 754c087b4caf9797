import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { pageScript } from "./page-script.ts";

interface Item {
  textContent: string;
  className: string;
  readonly dataset: Record<string, string>;
}

/** The script in a page that has one list with so many items. */
function pageWith(have: number) {
  const children: (Item & { remove(): void })[] = [];
  const item = (textContent = ""): (typeof children)[number] => {
    const one = { textContent, className: "", dataset: {}, remove: () => children.splice(children.indexOf(one), 1) };
    return one;
  };
  const list = {
    ...{ dataset: { next: String(have), what: "lines" }, children },
    append: (...items: typeof children) => children.push(...items),
    prepend: (...items: typeof children) => children.unshift(...items),
    get firstElementChild() {
      return children[0];
    },
  };
  const template = () => ({
    content: { children: [] as typeof children },
    set innerHTML(html: string) {
      this.content.children = html.split(",").flatMap((each) => (each === "" ? [] : [item(each)]));
    },
  });
  const heard = new Map<string, (event: object) => void>();
  const document = {
    body: { dataset: {} },
    documentElement: { classList: { toggle: () => undefined } },
    addEventListener: (type: string, listener: (event: object) => void) => heard.set(type, listener),
    querySelector: () => null,
    querySelectorAll: () => [],
    getElementById: () => list,
    createElement: (name: string) => (name === "template" ? template() : item()),
  };
  const page = { document, addEventListener: document.addEventListener, setTimeout: () => undefined };
  runInNewContext(pageScript, page);
  const { addItems } = page as typeof page & {
    addItems: (items: { readonly list: string; readonly from: number; readonly html: string }) => void;
  };
  return {
    happens: (type: string, event: object = {}) => heard.get(type)?.(event),
    add: (from: number, ...items: readonly string[]) => addItems({ list: "log", from, html: items.join() }),
    next: () => list.dataset.next,
    shown: () => children.map(({ textContent }) => textContent),
  };
}

describe("the script of a page", () => {
  it("adds items after those that it has", () => {
    const { add, next, shown } = pageWith(2);
    add(2, "c", "d");
    add(4, "e");
    expect([shown(), next()]).toEqual([["c", "d", "e"], "5"]);
  });

  it("says how many are missing between those that it has and those that come", () => {
    const { add, next, shown } = pageWith(2);
    add(2, "c");
    add(1_503, "x");
    add(1_504, "y");
    expect([shown(), next()]).toEqual([["c", "1500 lines are left out here", "x", "y"], "1505"]);
  });

  it("says how many have made room for newer ones", () => {
    const { add, shown } = pageWith(0);
    const some = (from: number, count: number) =>
      add(from, ...Array.from({ length: count }, (_, at) => `${from + at}`));
    some(0, 1_000);
    some(1_100, 900);
    expect(shown()).toHaveLength(1_901);
    some(2_000, 1_200);
    expect(shown().slice(0, 2)).toEqual(["1200 lines are left out here", "1200"]);
    some(3_200, 1);
    expect(shown().slice(0, 2)).toEqual(["1201 lines are left out here", "1201"]);
    expect(shown().at(-1)).toBe("3200");
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
    const { add, next, shown } = pageWith(3);
    add(0);
    add(0, "a", "b");
    expect(next()).toBe("3");
    add(2, "c", "d");
    add(3, "d", "e");
    expect([shown(), next()]).toEqual([["d", "e"], "5"]);
  });
});
