/** What a page of a server has besides a report: a bar at the top, buttons, and what moves. */
export const pageStyle = `
header.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1.5rem; padding-top: 1rem; padding-bottom: .6rem; }
header.bar nav ul { margin: 0; }
.product { margin: 0; font-weight: 700; }
nav a[aria-current] { color: var(--text); font-weight: 600; text-decoration-thickness: 2px; }
.connection { margin: 0 0 0 auto; font-size: .85rem; color: var(--muted); }
.connection .good::before, .connection .bad::before { content: ""; display: inline-block; width: .55rem; height: .55rem; border-radius: 50%; margin-right: .4rem; background: var(--good); }
.connection .bad { color: var(--bad); }
.connection .bad::before { background: var(--bad); }
.visitor { margin: 0; font-size: .85rem; color: var(--muted); }
main:focus { outline: none; }
section > :last-child { margin-bottom: 0; }
td { max-width: 26rem; }
h1, .badge, .notice, .muted, .empty, details.ask p { overflow-wrap: anywhere; }
main h1 { margin-top: .8rem; }
.running { color: var(--link); background: var(--running-page); }
.waiting, .silent, .refused, .forgotten { color: var(--warn); background: var(--warn-page); }
:root { --running-page: #e2eefb; }
@media (prefers-color-scheme: dark) { :root { --running-page: #1b324d; } }
button, select, input[type="text"], input[type="number"] {
  font: inherit; color: var(--text); background: var(--page); border: 1px solid var(--control); border-radius: 6px; padding: .3rem .8rem;
}
:root { --control: #7d8894; }
button { cursor: pointer; }
button:hover { border-color: var(--link); }
button.danger { color: var(--bad); border-color: var(--bad); background: var(--card); font-weight: 600; }
button:focus-visible, select:focus-visible, .log:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.actions { display: flex; flex-wrap: wrap; gap: .6rem; margin: .6rem 0; }
details.ask { margin: 0; }
details.ask > div { border-left: 3px solid var(--bad); padding: .2rem 0 .2rem .8rem; margin: .4rem 0; }
details.ask p { margin: 0 0 .5rem; }
.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 0 0 .9rem; }
.fields label { display: block; font-size: .88rem; color: var(--muted); }
.fields select, .fields input { display: block; width: 100%; margin-top: .2rem; }
.now { margin: .2rem 0 0; overflow-wrap: anywhere; }
.log li { grid-template-columns: minmax(5.5rem, max-content) minmax(0, 1fr); }
.sending form button { opacity: .55; cursor: progress; }
.log li.left-out { display: block; color: var(--muted); font-style: italic; }
.empty { color: var(--muted); margin: 0; }
progress { width: 12rem; max-width: 100%; accent-color: var(--step); vertical-align: middle; }
svg rect.going-on { opacity: .55; animation: breathe 2s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: .85; } }
@media (prefers-reduced-motion: reduce) { svg rect.going-on { animation: none; } }
@media (max-width: 40rem) {
  main, header, footer { padding-left: .8rem; padding-right: .8rem; }
  section { padding: .9rem; }
  .connection { margin-left: 0; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .log li { grid-template-columns: minmax(0, 1fr); gap: 0; padding: .2rem 0; }
  .log time { text-align: left; font-size: .75rem; }
  input[type="search"] { min-width: 0; width: 100%; }
}
`;
