/** The page's only style sheet: no font and no image from elsewhere, light or dark as the reader's device is. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #fff; --ink: #1c2430; --quiet: #5b6675; --line: #dde2e9; --accent: #0b6bcb;
  --good: #1b7f4d; --good-back: #e3f4ea; --bad: #b3261e; --bad-back: #fde8e6; --warn: #8a5a00; --warn-back: #fdf1d8; --code: #eef1f5;
  --nodes: #e3eefc; --nodes-line: #4b86d6; --balancer: #efe6fb; --balancer-line: #8b5cc7; --database: #e2f4ea; --database-line: #3a9a66;
  --other: #eef1f5; --other-line: #8491a3; --members: #fff3dc; --members-line: #c98a1b; }
@media (prefers-color-scheme: dark) { :root { --paper: #12161c; --card: #1a2029; --ink: #e6eaf0; --quiet: #9aa6b5; --line: #2f3845;
  --accent: #6fb1ff; --good: #6fd39c; --good-back: #173326; --bad: #ff9b92; --bad-back: #411d1a; --warn: #f0c060; --warn-back: #3a2d10;
  --code: #242c37; --nodes: #1d3350; --nodes-line: #6fa5ee; --balancer: #34254a; --balancer-line: #b48ceb; --database: #173a28;
  --database-line: #63bd8b; --other: #252d38; --other-line: #7f8da0; --members: #3d2f12; --members-line: #dca544; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 4rem; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
  overflow-wrap: break-word; }
main, header > div, footer { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
header { background: var(--card); border-bottom: 1px solid var(--line); padding: 1.5rem 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1.1rem; margin: 0 0 .25rem; }
h4 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .25rem 0 .75rem; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible, input:focus-visible, .scroll:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.quiet, .note { color: var(--quiet); }
.note { font-size: .9rem; display: block; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .88em; }
code { background: var(--code); border-radius: .25rem; padding: .05rem .3rem; }
pre { background: var(--code); border-radius: .5rem; padding: .75rem; overflow-x: auto; white-space: pre-wrap; margin: .5rem 0; }
nav { position: sticky; top: 0; z-index: 1; background: var(--card); border-bottom: 1px solid var(--line); }
nav ul { list-style: none; display: flex; gap: .25rem; overflow-x: auto; max-width: 72rem; margin: 0 auto; padding: .5rem 1rem; }
nav a { display: block; white-space: nowrap; text-decoration: none; padding: .25rem .6rem; border-radius: 1rem; font-size: .92rem; }
nav a:hover { background: var(--code); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1rem 0 0; padding: 0; list-style: none; }
.tiles li { background: var(--paper); border: 1px solid var(--line); border-radius: .6rem; padding: .6rem .8rem; }
.tiles b { display: block; font-size: 1.1rem; line-height: 1.3; }
.tiles span { color: var(--quiet); font-size: .85rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: 1rem; margin: .75rem 0; }
.card:target { border-color: var(--accent); box-shadow: 0 0 0 3px color-mix(in srgb, var(--accent) 30%, transparent); }
dl { display: grid; grid-template-columns: minmax(9rem, 15rem) minmax(0, 1fr); gap: .3rem 1rem; margin: .5rem 0; }
dt { color: var(--quiet); } dd { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; font-size: .93rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 600; font-size: .85rem; }
tbody tr:last-child > * { border-bottom: 0; }
.matrix td, .matrix th { border: 1px solid var(--line); min-width: 8rem; }
.matrix .yes { background: var(--good-back); } .matrix .no { background: var(--bad-back); } .matrix .none { color: var(--quiet); }
.tag { display: inline-block; border-radius: 1rem; padding: .05rem .55rem; font-size: .8rem; white-space: nowrap; background: var(--code);
  color: var(--quiet); }
.good { background: var(--good-back); color: var(--good); } .bad { background: var(--bad-back); color: var(--bad); }
.warn { background: var(--warn-back); color: var(--warn); }
.ref { border: 1px dashed var(--other-line); border-radius: .35rem; padding: 0 .3rem; font-size: .9em; background: var(--other); }
.ref.secret { border-color: var(--members-line); background: var(--members); }
details { border: 1px solid var(--line); border-radius: .6rem; margin: .5rem 0; background: var(--card); }
summary { cursor: pointer; padding: .55rem .8rem; font-weight: 600; }
summary .tag { font-weight: 400; margin-left: .3rem; }
dd details { display: inline; border: 0; background: none; } dd summary { display: inline; padding: 0; font-weight: 400; font-size: .85rem;
  color: var(--quiet); text-decoration: underline dotted; }
dd details > p { font-size: .85rem; color: var(--quiet); margin: .25rem 0 !important; }
details > :not(summary) { margin-left: .8rem; margin-right: .8rem; }
details > table { width: calc(100% - 1.6rem); }
.checks { list-style: none; padding: 0; margin: .5rem 0; }
.checks li { padding: .45rem 0 .45rem 2rem; position: relative; border-bottom: 1px solid var(--line); }
.checks li:last-child { border-bottom: 0; }
.checks .mark { position: absolute; left: 0; top: .45rem; width: 1.4rem; height: 1.4rem; border-radius: 50%; text-align: center; line-height: 1.4rem;
  font-weight: 700; font-size: .85rem; }
.filter { padding: .5rem 0; }
ol { padding-left: 1.2rem; } li > p { margin: .15rem 0; }
input[type=search] { width: 100%; font: inherit; padding: .6rem .8rem; border: 1px solid var(--other-line); border-radius: .6rem;
  background: var(--card);
  color: inherit; }
output { color: var(--quiet); font-size: .9rem; display: block; min-height: 1.4rem; }
.picture svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.picture .cluster path { fill: color-mix(in srgb, var(--paper) 70%, transparent); stroke: var(--line); }
.picture text { fill: var(--ink); font-family: inherit; }
.picture .cluster text { fill: var(--quiet); }
.picture .name { font-weight: 700; }
.picture .edge path { stroke: var(--other-line); } .picture .edge polygon { stroke: var(--other-line); fill: var(--other-line); }
.picture .edge text { fill: var(--quiet); }
.picture .edge.one-side-only path { stroke: var(--bad); } .picture .edge.one-side-only text { fill: var(--bad); }
.picture .edge.members path { stroke: var(--members-line); }
.picture .node path, .picture .node polygon, .picture .node ellipse { fill: var(--other); stroke: var(--other-line); stroke-width: 1.5; }
.picture .node.nodes path { fill: var(--nodes); stroke: var(--nodes-line); }
.picture .node.balancer path { fill: var(--balancer); stroke: var(--balancer-line); }
.picture .node.database path, .picture .node.file-system path { fill: var(--database); stroke: var(--database-line); }
.picture .node.members path { fill: var(--members); stroke: var(--members-line); }
.picture .node a:hover path, .picture .node a:focus path { stroke-width: 3; }
footer { color: var(--quiet); font-size: .9rem; padding: 2rem 1rem 3rem; }
[hidden] { display: none !important; }
@media (max-width: 44rem) {
  body { font-size: 15px; }
  h1 { font-size: 1.35rem; }
  .card { padding: .8rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
  .stack thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  .stack, .stack tbody, .stack tr, .stack td { display: block; width: 100%; }
  .stack tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
  .stack tr:last-child { border-bottom: 0; }
  .stack td { border: 0; padding: .15rem 0; }
  .stack td:not(:empty)[data-label]::before { content: attr(data-label); display: block; color: var(--quiet); font-size: .8rem; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .picture svg { max-width: none; width: 40rem; }
}
@media print { nav, .filter { display: none; } .card, details { break-inside: avoid; } body { background: #fff; } }
`;

/** Finds settings: rows without the words are hidden, and files with some are opened. */
export const SCRIPT = `
const box = document.getElementById('filter-box'), told = document.getElementById('filter-told');
const rows = [...document.querySelectorAll('[data-setting]')], files = [...document.querySelectorAll('[data-file]')];
const filter = () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const row of rows) {
    const text = (row.textContent + ' ' + row.closest('[data-file]').dataset.file).toLowerCase();
    row.hidden = !words.every(word => text.includes(word));
  }
  for (const file of files) {
    const some = file.querySelector('[data-setting]:not([hidden])') !== null;
    file.hidden = !some;
    file.open = words.length > 0 && some;
  }
  told.textContent = words.length === 0 ? '' : rows.filter(row => !row.hidden).length + ' of ' + rows.length + ' settings';
};
if (box) { box.addEventListener('input', filter); box.closest('.filter').hidden = false; }
`;
