import { secrets } from "../../common/secrets.ts";
import { withoutControls } from "../../common/without-controls.ts";

/**
 * A text as a terminal may have it: what an image, a service or a program has in it moves no cursor. It is masked before, as
 * a secret may have such characters; what is left passes the mask of the stream it goes to.
 */
export function shownText(text: string): string {
  return withoutControls(secrets.mask(text));
}

/** The same for a word in a line or a cell of a table, which is not masked here. */
export function shownWord(text: string): string {
  return withoutControls(text).replace(/[\t\n]/g, " ");
}
