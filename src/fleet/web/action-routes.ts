import { withoutControls } from "../../common/without-controls.ts";
import type { WebApp, WebContext } from "../../web/check-request.ts";
import { UnreachableError } from "../queue/reach.ts";
import { BUILD, type FleetPages } from "./fleet-pages.ts";
import { idOfRetry, PRESS_FIELD } from "./retry-press.ts";

/** What can be done from the pages. Each is done by a form, and leads to a page that says what has become of it. */
export function addActionRoutes(app: WebApp, { fleet, look, schedules, tell }: FleetPages): void {
  const act = <Value>(what: () => Promise<Value>) => fleet.reach.ask(what).catch(sayWhatIsKnown);
  const done = (context: WebContext, what: string) => {
    look.forget();
    const { name } = context.get("visitor");
    tell(`${what}${name === undefined ? "" : `, by ${withoutControls(name)}`}`);
  };
  app.post(`${BUILD}/cancel`, async (context) => {
    const id = context.req.param("id");
    const isTakenBack = await act(() => fleet.cancel(id));
    done(context, `Build ${id} is cancelled`);
    return context.redirect(`/builds/${id}?said=${isTakenBack ? "taken-back" : "cancel"}`, 303);
  });
  app.post(`${BUILD}/retry`, async (context) => {
    const id = context.req.param("id");
    const press = context.get("form").get(PRESS_FIELD);
    const again = await act(() => fleet.retry(id, press === null ? undefined : idOfRetry(id, press)));
    done(context, `Build ${id} is submitted again as ${again}`);
    return context.redirect(`/builds/${again}?said=retry`, 303);
  });
  app.post("/workers/:id{w-[0-9a-f]{12}}/drain", async (context) => {
    const id = context.req.param("id");
    await act(() => fleet.drain(id));
    done(context, `The worker ${id} is drained`);
    return context.redirect("/?said=drain", 303);
  });
  app.post("/schedules/remove", async (context) => {
    const form = context.get("form");
    const [name, queue] = [form.get("name") ?? "", form.get("queue") ?? ""];
    await act(() => fleet.unschedule(name, queue));
    schedules.forget();
    done(context, `The schedule ${withoutControls(name)} of ${withoutControls(queue)} is removed`);
    return context.redirect("/schedules?said=unscheduled", 303);
  });
}

/** A loss before anything was asked is not one after it. */
function sayWhatIsKnown(error: unknown): never {
  if (!(error instanceof UnreachableError)) throw error;
  const { message, wasAsked } = error;
  if (!wasAsked)
    throw new UnreachableError(`${message}: nothing was done`, { ...error, hint: "Try it once more when it can" });
  throw new UnreachableError(`${message.replace(/\.$/, "")}: what you asked for may have been done or not`, {
    ...error,
    hint: "Look at its page when it can, before you try once more",
  });
}
