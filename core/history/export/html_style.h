#pragma once

#include <string_view>

namespace longship {

/// The style sheet of the report. Two palettes of the same names; tabular digits, so that columns line up.
inline constexpr std::string_view kReportStyle = R"css(
:root { color-scheme: light dark;
  --ground: #f4f6f8; --card: #ffffff; --ink: #18222d; --soft: #576473; --line: #e2e7ec; --grid: #e9edf1;
  --accent: #0f6a9f; --pale: #9cc5df; --spot: #c2500f; --good: #1b7a44; --good-ground: #e6f4ec;
  --bad: #b3261e; --bad-ground: #fbeae9; --calm-ground: #eaf1f6; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0f151b; --card: #182029; --ink: #e5ebf1; --soft: #97a5b4; --line: #2a3541; --grid: #232d38;
  --accent: #58b1e4; --pale: #3f789c; --spot: #f2a25c; --good: #62c98d; --good-ground: #16301f;
  --bad: #f28b82; --bad-ground: #3a1d1b; --calm-ground: #1d2c38; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Open Sans",
  "Segoe UI", sans-serif; font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 20px 48px; }
article + article { margin-top: 64px; }
.brand { display: flex; align-items: center; gap: 10px; color: var(--soft); font-size: 13px;
  letter-spacing: .02em; margin-bottom: 20px; }
.brand svg { width: 30px; height: 24px; color: var(--accent); }
h1 { font-size: 28px; line-height: 1.2; font-weight: 650; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 18px; font-weight: 650; margin: 36px 0 12px; }
h3 { font-size: 15px; font-weight: 650; margin: 0; }
p { margin: 0; } a { color: var(--accent); }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 14px; }
.under { color: var(--soft); margin-top: 6px; }
.badge { border-radius: 999px; padding: 2px 12px; font-size: 13px; font-weight: 600;
  background: var(--calm-ground);
  color: var(--accent); }
.badge.completed { background: var(--good-ground); color: var(--good); }
.badge.failed { background: var(--bad-ground); color: var(--bad); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(145px, 1fr)); gap: 12px;
  margin: 24px 0 12px; }
.figures div, .proof, figure, .sheet { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; }
.figures div { padding: 12px 16px; }
.figures dt { color: var(--soft); font-size: 13px; }
.figures dd { margin: 0; font-size: 22px; font-weight: 600; white-space: nowrap; }
.figures dd small { font-size: 14px; font-weight: 400; color: var(--soft); }
.proof { padding: 12px 16px; display: flex; gap: 12px; align-items: flex-start; }
.proof svg { flex: none; width: 22px; height: 22px; margin-top: 1px; color: var(--soft); }
.proof.exact { background: var(--good-ground); border-color: transparent; }
.proof.exact svg { color: var(--good); }
.proof.wrong { background: var(--bad-ground); border-color: transparent; }
.proof.wrong svg { color: var(--bad); }
.proof strong { font-weight: 650; } .proof span { color: var(--soft); display: block; font-size: 13px; }
figure { margin: 12px 0 0; padding: 14px 16px 8px; }
figcaption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 16px;
  margin-bottom: 6px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: 13px; color: var(--soft); }
.key::before { content: ""; display: inline-block; width: 18px; height: 0;
  border-top: 2px solid var(--accent);
  vertical-align: middle; margin: -2px 6px 0 0; }
.key.raw::before { border-top-color: var(--pale); }
.key.dots::before { width: 8px; height: 8px; border: 0; border-radius: 50%; background: var(--spot); }
.plot { overflow-x: auto; } figure svg { display: block; width: 100%; min-width: 600px; height: auto; }
figure text { font-size: 12px; fill: var(--soft); } figure .unit { font-style: italic; }
.grid { stroke: var(--grid); } .axis { stroke: var(--soft); stroke-opacity: .6; }
.boundary { stroke: var(--soft); stroke-opacity: .45; stroke-dasharray: 2 4; }
.mark line { stroke: var(--spot); stroke-dasharray: 5 3; } .mark path { fill: var(--spot); }
figure .mark text { fill: var(--spot); }
path.raw, path.main, path.dots { fill: none; stroke-linejoin: round; stroke-linecap: round; }
path.raw { stroke: var(--pale); stroke-width: 1; } path.main { stroke: var(--accent); stroke-width: 2; }
path.dots { stroke: var(--spot); stroke-width: 1.5; stroke-dasharray: 4 4; }
circle.main { fill: var(--accent); } circle.raw { fill: var(--pale); }
circle.dots { fill: var(--spot); stroke: var(--card); stroke-width: 2; }
.sheet { overflow-x: auto; padding: 4px 16px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 7px 18px 7px 0; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
tr:last-child td { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: 13px; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; } .time { white-space: nowrap; color: var(--soft); }
.name { white-space: nowrap; } .words { min-width: 240px; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(380px, 100%), 1fr));
  gap: 0 48px; margin: 0; }
.pairs div { display: flex; justify-content: space-between; gap: 16px; padding: 7px 0;
  border-bottom: 1px solid var(--line); }
.pairs dt { color: var(--soft); white-space: nowrap; }
 .pairs dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
.note { color: var(--soft); font-size: 13px; margin: 8px 0 0; }
pre, code { font: 13px/1.55 ui-monospace, "DejaVu Sans Mono", Menlo, monospace; }
pre { margin: 0; padding: 10px 0; overflow-x: auto; } .hash { overflow-wrap: anywhere; }
details { margin-top: 8px; } summary { cursor: pointer; color: var(--soft); font-size: 13px; }
tr.incident td { color: var(--bad); }
@media print { body { background: #fff; } main { max-width: none; padding: 0; }
figure, .sheet { break-inside: avoid; } }
)css";

/// The mark: a hull, a mast, a sail.
inline constexpr std::string_view kReportMark =
    R"svg(<svg viewBox="0 0 30 24" aria-hidden="true" fill="none" stroke="currentColor" )svg"
    R"svg(stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">)svg"
    R"svg(<path d="M2 12c1.5 6.5 5.5 8.5 13 8.5s11.5-2 13-8.5"/><path d="M15 20V2"/>)svg"
    R"svg(<path d="M8 4.5h14c1 3 1 6 0 9H8c1-3 1-6 0-9z"/></svg>)svg";

}  // namespace longship
