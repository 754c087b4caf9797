/** What one rendering may cost. No template comes near; `{{range 1000000000}}` would never end. */
const LARGEST_COST = 2_000_000;

/** Counts what a rendering does, so that no template can keep us busy for ever or fill the memory. */
export class Budget {
  #left = LARGEST_COST;

  /**
   * Pays for an action, a call or a loop, and for the characters it handles.
   *
   * @returns false when the budget is used up
   */
  spend(characters = 0): boolean {
    this.#left -= 1 + characters / 4;
    return this.#left >= 0;
  }
}
