"""The looks of a profile's page: screens from a telephone's on, light and dark, and paper."""

from __future__ import annotations

RULES = """
* { box-sizing: border-box; }
html { color-scheme: light dark; }
body { margin: 0; background: var(--plot-paper); color: var(--plot-ink); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: clamp(1.6rem, 5vw, 2.4rem); line-height: 1.15; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; padding-bottom: .35rem;
  border-bottom: 1px solid var(--plot-rule); }
h3 { font-size: 1rem; margin: 0; }
.over { margin: 0 0 .25rem; color: var(--plot-quiet); letter-spacing: .04em; }
.about, figcaption p { color: var(--plot-quiet); margin: .25rem 0 .75rem; }
figcaption p { font-size: .875rem; margin: 0 0 .5rem; }
.summary ul { margin: 0; padding-inline-start: 1.2rem; max-width: 60ch; }
.summary li { margin: .2rem 0; overflow-wrap: anywhere; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr));
  gap: 2rem 2.5rem; align-items: start; }
figure { margin: 0; min-width: 0; }
details { margin-top: .25rem; font-size: .875rem; overflow-x: auto; }
summary { cursor: pointer; color: var(--plot-mark); padding: .3rem 0; }
summary:focus-visible { outline: 2px solid var(--plot-mark); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: start; color: var(--plot-quiet); padding: .25rem 0; }
th, td { text-align: start; font-weight: normal; padding: .2rem .6rem .2rem 0; vertical-align: top;
  border-bottom: 1px solid var(--plot-rule); overflow-wrap: break-word; }
thead th { font-weight: 600; }
.plot-number { text-align: end; white-space: nowrap; }
.sheet ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 1.1rem .9rem;
  grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); }
.sheet li { display: flex; flex-direction: column; font-size: .8125rem; min-width: 0; }
.sheet img, .none { width: 100%; aspect-ratio: 4 / 5; object-fit: cover; background: var(--plot-rule);
  border: 1px solid var(--plot-rule); border-radius: 4px; }
.none { display: grid; place-items: center; color: var(--plot-ink); }
.name { margin-top: .35rem; font-weight: 600; overflow: hidden;
  text-overflow: ellipsis; white-space: nowrap; }
.why { color: var(--plot-quiet); overflow-wrap: anywhere; }
@page { margin: 14mm; }
@media print {
  html { color-scheme: light; }
  main { max-width: none; padding: 0; }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  h2 { break-after: avoid; margin-top: 1.25rem; }
  figure, .sheet li, .summary { break-inside: avoid; }
  .plots { grid-template-columns: 1fr 1fr; gap: 1rem 1.5rem; }
  .sheet ul { grid-template-columns: repeat(6, 1fr); gap: .6rem; }
  details { display: none; }
}
"""
