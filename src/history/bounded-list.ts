/** The newest items of a row that has no end. */
export class BoundedList<Item> {
  readonly #most: number;
  readonly #items: Item[] = [];
  #dropped = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get last(): Item | undefined {
    return this.#items.at(-1);
  }

  add(item: Item): void {
    this.#items.push(item);
    // Not one by one: taking the first of a long list moves all others.
    if (this.#items.length < 2 * this.#most) return;
    this.#dropped += this.#items.splice(0, this.#most).length;
  }

  replaceLast(item: Item): void {
    this.#items[this.#items.length - 1] = item;
  }

  /** At most so many, oldest first. */
  items(): Item[] {
    return this.#items.slice(-this.#most);
  }

  /** How many were left out of {@link items}. */
  get leftOut(): number {
    return this.#dropped + Math.max(0, this.#items.length - this.#most);
  }
}
