import { script as reportScript } from "../report/script.ts";

/**
 * The one script of every page: filters, and what is new. A part that is replaced keeps what somebody has opened, where the
 * keyboard is, and how far it was scrolled.
 */
export const pageScript = `${reportScript}
const MOST_ITEMS = 2000;
const REFUSED_MS = 10000;
const AGAIN_MS = 2000;
const SENDING_MS = 20000;
const connection = document.getElementById("connection");
const FOCUSABLE = "a, button, summary, input, select, [tabindex]";

function tell(text, isBad) {
  if (connection.textContent !== text) connection.textContent = text;
  connection.className = isBad ? "bad" : "good";
}

function tellLive() {
  const stale = document.querySelector("[data-stale]");
  tell(stale === null ? "Live" : stale.dataset.stale, stale !== null);
}

function filterAgain(list) {
  const box = document.querySelector('[data-filter="' + list + '"]');
  if (box !== null && box.value !== "") box.dispatchEvent(new Event("input"));
}

/** Where a button of the mouse is down, and what is to be replaced when it is up: a click is lost if its place goes in between. */
let pressed = null;
const held = new Map();
function letGo() {
  pressed = null;
  for (const [id, html] of held) replacePart({ id, html });
  held.clear();
}
document.addEventListener("pointerdown", ({ target }) => { pressed = target; });
for (const type of ["pointerup", "pointercancel"]) document.addEventListener(type, () => setTimeout(letGo));

function replacePart({ id, html }) {
  const part = document.getElementById(id);
  if (part === null) return;
  if (part.contains(pressed)) {
    held.set(id, html);
    return;
  }
  const opened = new Set([...part.querySelectorAll("details[open]")].map((each) => each.id));
  const scrolled = [...part.querySelectorAll(".scroll")].map((each) => each.scrollLeft);
  const active = part.contains(document.activeElement) ? document.activeElement : null;
  const place = [...part.querySelectorAll(FOCUSABLE)].indexOf(active);
  const name = active === null ? "" : active.id;
  part.innerHTML = html;
  for (const each of part.querySelectorAll("details")) if (opened.has(each.id)) each.open = true;
  part.querySelectorAll(".scroll").forEach((each, index) => { each.scrollLeft = scrolled[index] ?? 0; });
  filterAgain(id);
  if (active === null) return findSought();
  const next = name === "" ? part.querySelectorAll(FOCUSABLE)[place] : document.getElementById(name);
  if (next) return next.focus({ preventScroll: true });
  sought = name;
  part.tabIndex = -1;
  part.focus({ preventScroll: true });
  stand = part;
}

/** What had the keyboard and has gone from its part, which has it now: what took its place is another thing. It may come in another part, as a build that ends. */
let sought = "";
let stand = null;
function findSought() {
  if (sought === "" || document.activeElement !== stand) return;
  const found = document.getElementById(sought);
  if (found === null) return;
  sought = "";
  found.focus({ preventScroll: true });
}

function leftOut(list, count) {
  const item = document.createElement("li");
  item.className = "left-out";
  item.dataset.count = String(count);
  item.textContent = count + " " + list.dataset.what + " are left out here";
  return item;
}

function addItems({ list, from, html }) {
  const target = document.getElementById(list);
  if (target === null) return;
  const have = Number(target.dataset.next ?? 0);
  const isAtEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 40;
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const items = [...fresh.content.children];
  // Who follows the list anew may tell of what is there already.
  target.dataset.next = String(Math.max(have, from + items.length));
  if (from > have) target.append(leftOut(target, from - have));
  target.append(...items.slice(Math.max(0, have - from)));
  let gone = 0;
  while (target.children.length > MOST_ITEMS) {
    gone += Number(target.firstElementChild.dataset.count ?? 1);
    target.firstElementChild.remove();
  }
  if (gone > 0) target.prepend(leftOut(target, gone));
  if (isAtEnd) target.scrollTop = target.scrollHeight;
  filterAgain(list);
}

/** What was sent leads to another page; until that is there, a second press would do it twice, or fail as it is done. */
let isSending = false;
function setSending(value) {
  isSending = value;
  document.documentElement.classList.toggle("sending", value);
}
document.addEventListener("submit", (event) => {
  if (isSending) return event.preventDefault();
  setSending(true);
  setTimeout(() => setSending(false), SENDING_MS);
});
addEventListener("pageshow", () => setSending(false));

/** A browser has six connections to a server, and each stream is one: a page that nobody sees has none. */
let stream = null;
function listen() {
  if (document.hidden || stream !== null) return;
  const list = document.querySelector("[data-next]");
  const after = list === null ? "" : "?after=" + list.dataset.next;
  stream = new EventSource(document.body.dataset.stream + after);
  stream.addEventListener("open", tellLive);
  stream.addEventListener("part", (event) => { replacePart(JSON.parse(event.data)); tellLive(); });
  stream.addEventListener("items", (event) => addItems(JSON.parse(event.data)));
  stream.addEventListener("error", () => {
    const isRefused = stream.readyState === EventSource.CLOSED;
    tell(isRefused ? "Not live any more: if it stays so, open the address that the command has printed" : "The connection is lost; it is tried again", true);
    if (!isRefused) return;
    stream = null;
    setTimeout(listen, REFUSED_MS);
  });
}
function listenWhileSeen() {
  if (!document.hidden) return listen();
  if (stream !== null) stream.close();
  stream = null;
}

function comeAgain() {
  const later = () => setTimeout(comeAgain, AGAIN_MS);
  fetch(location.href, { method: "HEAD" }).then(({ status }) => status === 503 ? later() : location.reload(), later);
}

if (document.body.dataset.stream !== undefined) {
  for (const each of document.querySelectorAll(".log")) each.scrollTop = each.scrollHeight;
  listen();
  document.addEventListener("visibilitychange", listenWhileSeen);
}
if (document.body.dataset.again !== undefined) {
  tell("It is tried again", true);
  setTimeout(comeAgain, AGAIN_MS);
}
`;
