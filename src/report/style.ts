/** The one style of every page. Colours are named by what they mean, once for light and once for dark. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b2129; --muted: #5b6673; --line: #dde2e8; --grid: #e6eaef;
  --link: #0b5fb5; --step: #3b6fb6; --provisioner: #7b4fb3; --wait: #c98a1b;
  --good: #16703f; --bad: #c0362c; --warn: #8a5c09;
  --good-page: #e3f4ea; --bad-page: #fbe7e5; --warn-page: #fbf1db;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12161b; --card: #1b2129; --text: #e5e9ee; --muted: #9aa6b3; --line: #303944; --grid: #272f39;
    --link: #79b4f2; --step: #6d9fe0; --provisioner: #b08be6; --wait: #dfa94b;
    --good: #5fcf93; --bad: #f28b82; --warn: #e5b75c;
    --good-page: #17332480; --bad-page: #43201e80; --warn-page: #3b301580;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}
main, header, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 .9rem; }
h3 { font-size: .95rem; margin: 1.4rem 0 .5rem; }
a { color: var(--link); }
a:focus-visible, input:focus-visible, summary:focus-visible, .scroll:focus-visible {
  outline: 2px solid var(--link); outline-offset: 2px;
}
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem; margin: 1.1rem 0; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: .9rem 0 0; padding: 0; }
.badge { display: inline-block; border-radius: 99px; padding: .1rem .7rem; font-size: .85rem; font-weight: 600; vertical-align: middle; }
.done { color: var(--good); background: var(--good-page); }
.failed { color: var(--bad); background: var(--bad-page); }
.cancelled { color: var(--warn); background: var(--warn-page); }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .4rem .8rem; z-index: 1; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.muted { color: var(--muted); }
dl.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3rem 1.25rem; margin: 0; }
dl.facts dt { color: var(--muted); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .8rem; margin: 0 0 1rem; padding: 0; list-style: none; }
.figures li { border: 1px solid var(--line); border-radius: 8px; padding: .6rem .8rem; }
.figures strong { display: block; font-size: 1.35rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures span { color: var(--muted); font-size: .85rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .32rem .9rem .32rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
td code { overflow-wrap: anywhere; white-space: pre-wrap; }
th { color: var(--muted); font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
code, pre, .log { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", "Liberation Mono", monospace; font-size: .84rem; }
pre { margin: 0; padding: .8rem; background: var(--page); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.notice { border-left: 4px solid var(--warn); background: var(--warn-page); padding: .5rem .9rem; margin: .5rem 0; border-radius: 4px; overflow-wrap: anywhere; }
.notice.error { border-color: var(--bad); background: var(--bad-page); white-space: pre-wrap; }
.added { color: var(--good); }
.removed { color: var(--bad); }
.changed { color: var(--warn); }
.filter { margin: 0 0 .7rem; }
input[type="search"] { font: inherit; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--page); color: var(--text); min-width: 16rem; max-width: 100%; }
.log { list-style: none; margin: 0; padding: 0; max-height: 36rem; overflow: auto; }
.log li { display: grid; grid-template-columns: 5.5rem minmax(0, 1fr); gap: .8rem; padding: .08rem 0; }
.log time { color: var(--muted); text-align: right; font-variant-numeric: tabular-nums; }
.log span { white-space: pre-wrap; overflow-wrap: anywhere; }
.log .say span { font-weight: 600; }
.log .warn span { color: var(--warn); }
.log .error span { color: var(--bad); }
[hidden] { display: none !important; }
details { margin-top: .9rem; }
summary { cursor: pointer; color: var(--link); }
svg { display: block; width: 100%; min-width: 46rem; height: auto; }
svg text { fill: var(--text); font-size: 12px; }
svg .label-step { font-weight: 600; }
svg .label-part, svg .tick, svg .took { fill: var(--muted); }
svg .took { font-variant-numeric: tabular-nums; }
svg .grid { stroke: var(--grid); }
svg .band { fill: var(--grid); opacity: .4; }
svg .step { fill: var(--step); }
svg .provisioner { fill: var(--provisioner); }
svg .wait { fill: var(--wait); }
svg .not-done { stroke: var(--bad); stroke-width: 2px; }
svg.use { width: 9rem; min-width: 9rem; height: .6rem; margin-top: .4rem; }
svg .used { fill: var(--step); }
svg .grown { fill: var(--provisioner); }
svg .room { fill: var(--grid); }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; margin: 0 0 .8rem; padding: 0; font-size: .88rem; color: var(--muted); }
.key svg { display: inline-block; width: 12px; min-width: 0; height: 12px; margin-right: .4rem; vertical-align: -1px; }
footer { color: var(--muted); font-size: .85rem; padding-bottom: 2.5rem; }
@media (max-width: 40rem) { dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; } dl.facts dd { margin-bottom: .5rem; } }
@media print {
  :root { --page: #ffffff; --card: #ffffff; --text: #000000; --muted: #444444; --line: #bbbbbb; --grid: #dddddd; }
  body { font-size: 11px; }
  main, header, footer { max-width: none; }
  nav, .filter, summary { display: none; }
  section { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: .8rem 0; }
  .log { max-height: none; }
  .scroll { overflow: visible; }
  tr, .log li, .notice { break-inside: avoid; }
}
`;
