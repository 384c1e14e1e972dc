/**
 * How reports look, in one place. Colours are variables of the page, so that the charts follow it into the dark and onto paper;
 * those of data are of the set by Okabe and Ito, which the colour-blind can tell apart.
 */
export const INK = {
  text: 'var(--text)',
  axis: 'var(--axis)',
  grid: 'var(--grid)',
  calculated: 'var(--calculated)',
  predicted: 'var(--predicted)',
  /** Of points among few others, many, and most. */
  density: ['var(--sparse)', 'var(--dense)', 'var(--densest)'],
  curve: 'var(--curve)',
} as const;

const LIGHT = `
  --page: #ffffff; --text: #1d2329; --quiet: #59636e; --rule: #d5dae0; --panel: #f6f7f9;
  --axis: #7a848f; --grid: #e8ebef;
  --calculated: #b9c1ca; --predicted: #0072b2; --curve: #d55e00;
  --sparse: #4fa3d6; --dense: #0072b2; --densest: #003f66;
  --holds: #00704f; --fails: #b13f00; color-scheme: light;`;

const DARK = `
  --page: #14171b; --text: #e4e7eb; --quiet: #9aa5b1; --rule: #343b43; --panel: #1d2126;
  --axis: #8b95a1; --grid: #2a3037;
  --calculated: #56606b; --predicted: #56b4e9; --curve: #f0a13c;
  --sparse: #2f7fb3; --dense: #56b4e9; --densest: #c4e6fa;
  --holds: #3fc79a; --fails: #f28e5a; color-scheme: dark;`;

export const STYLE_SHEET = `
:root {${LIGHT}
}
@media (prefers-color-scheme: dark) {
  :root {${DARK}
  }
}
@media print {
  :root {${LIGHT}
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 78rem;
  background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
}
h1 { margin: 0 0 .25rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.01em; }
h2 { margin: 3.5rem 0 1rem; font-size: 1.5rem; line-height: 1.3; }
h3 { margin: 0 0 .9rem; font-size: 1.15rem; line-height: 1.35; }
h4 { margin: 0 0 .15rem; font-size: .95rem; line-height: 1.35; font-weight: 600; }
p { max-width: 48rem; margin: .5rem 0; }
a { color: var(--predicted); }
.lead { font-size: 1.1rem; color: var(--quiet); }
.quiet { color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1.25rem 0 0; padding: 0; list-style: none; font-size: .95rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.25rem; margin: 1.5rem 0; max-width: 60rem; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.notice { max-width: 60rem; margin: 1rem 0; padding: .75rem 1rem; border-left: 4px solid var(--curve); background: var(--panel); }
figure { margin: 0 0 3rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(16.5rem, 100%), 1fr)); column-gap: 1.5rem; }
.panels.three { grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); }
.panels.one { grid-template-columns: minmax(0, 44rem); }
.panels.square { grid-template-columns: minmax(0, 32rem); }
/* titles, remarks and charts beside each other share their rows */
.panel { display: grid; grid-row: span 3; grid-template-rows: subgrid; margin-bottom: 1.25rem; min-width: 0; }
.panel svg { display: block; width: 100%; height: auto; }
.panel p { margin: 0 0 .35rem; font-size: .85rem; color: var(--quiet); }
.panel svg + svg { margin-top: .25rem; }
figcaption { max-width: 60rem; font-size: .95rem; color: var(--quiet); }
.key { display: inline-block; margin-right: 1em; }
.key::before { content: ""; display: inline-block; width: 1.1em; height: .7em; margin: 0 .35em 0 .1em; border-radius: 2px; background: var(--of); print-color-adjust: exact; }
.key.line::before { height: 3px; vertical-align: .25em; }
.calculated { --of: var(--calculated); }
.predicted { --of: var(--predicted); }
.curve { --of: var(--curve); }
details { margin-top: .6rem; font-size: .9rem; }
summary { cursor: pointer; color: var(--quiet); }
pre { margin: .5rem 0 0; padding: .75rem 1rem; overflow-x: auto; background: var(--panel); font: .8rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
/* a table may be wider than the page, and is scrolled; what is said of it is not */
caption { text-align: left; margin-bottom: .6rem; color: var(--quiet); max-width: min(60rem, 100vw - 3rem); }
th, td { padding: .35rem .7rem; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; text-align: left; }
th { font-weight: 600; }
tbody th { font-weight: 400; }
thead tr:first-child th { padding-bottom: 0; text-align: center; }
thead tr:last-child th { border-bottom: 1px solid var(--axis); }
tbody td, tbody th { border-bottom: 1px solid var(--rule); }
tbody.baseline td, tbody.baseline th { color: var(--quiet); }
td.note { text-align: left; white-space: normal; min-width: 18rem; color: var(--quiet); }
.findings { margin: 0; padding: 0; list-style: none; }
.findings > li { padding: .9rem 0; border-top: 1px solid var(--rule); break-inside: avoid; }
.findings h3 { margin: 0; font-size: 1rem; }
.findings p { margin: .2rem 0; font-size: .92rem; }
.verdict { font-weight: 600; }
.HOLDS { color: var(--holds); }
.DOES_NOT_HOLD { color: var(--fails); }
.CANNOT_BE_TESTED { color: var(--quiet); }
.numbers { display: flex; flex-wrap: wrap; gap: .1rem 1.5rem; margin: .35rem 0 0; padding: 0; list-style: none; font-size: .88rem; font-variant-numeric: tabular-nums; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--rule); font-size: .88rem; color: var(--quiet); }
@media (max-width: 40rem) {
  tbody th { white-space: normal; min-width: 8rem; }
}
@media print {
  body { padding: 0; font-size: 10.5pt; max-width: none; }
  nav, details { display: none; }
  h2, h3 { break-after: avoid; }
  figure, .panel, figcaption, table, tr { break-inside: avoid; }
  figcaption { break-before: avoid; }
  .panels, .panels.three { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .panels.three { max-width: 14cm; }
  .panels.one { grid-template-columns: minmax(0, 1fr); }
  .panels.square { grid-template-columns: minmax(0, 12cm); }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: .15rem .3rem; white-space: normal; }
  figcaption, .findings p { font-size: 9.5pt; }
}
@page { margin: 16mm; }
`;
