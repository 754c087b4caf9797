import { messageOf } from "../../common/errors.ts";
import type { Ui } from "../ui.ts";

/** Says that the service has dropped what it was asked for, and is asked again. */
export function tellWentBack({ ui }: { readonly ui?: Ui }): (error: Error) => void {
  return (error) => ui?.message(`${messageOf(error)}. Asking again...`);
}
