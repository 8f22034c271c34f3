// SPDX-License-Identifier: Apache-2.0

/// The style sheet of every page. The two hues (blue, vermilion) are from the Okabe-Ito palette, which colour-blind readers tell apart; no meaning is
/// told by colour alone.
let pageStyle: StaticString = """

    :root {
      color-scheme: light dark;
      --paper: #ffffff; --ink: #16191d; --muted: #59616b; --rule: #d8dce1; --faint: #eef0f3; --wash: #f6f7f9;
      --good: #0067a5; --bad: #b84a00; --focus: #0067a5; --warn-wash: #fdf3e3; --warn-rule: #c98500;
      --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #121417; --ink: #e7e9ec; --muted: #9ca5b0; --rule: #363c44; --faint: #23272d; --wash: #1a1d21;
        --good: #62b4ea; --bad: #f08a4b; --focus: #62b4ea; --warn-wash: #2b2315; --warn-rule: #c98500;
      }
    }
    * { box-sizing: border-box; }
    html { font-size: 100%; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", sans-serif;
      font-variant-numeric: tabular-nums; overflow-wrap: break-word;
    }
    main { --side: clamp(1rem, 4vw, 4rem); max-width: 84rem; margin: 0 auto; padding: 2.5rem var(--side) 5rem; }
    h1, h2, h3 { line-height: 1.2; letter-spacing: -0.012em; font-weight: 650; overflow-wrap: anywhere; text-wrap: balance; }
    h1 { font-size: clamp(1.75rem, 1.3rem + 1.8vw, 2.75rem); margin: 0 0 .75rem; }
    h2 { font-size: clamp(1.35rem, 1.15rem + .8vw, 1.8rem); margin: 0 0 .75rem; }
    h3 { font-size: 1.1rem; margin: 2.25rem 0 .6rem; }
    p { margin: 0 0 .75rem; max-width: 46rem; }
    a { color: var(--good); text-underline-offset: .15em; }
    :focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
    .skip { position: absolute; left: -100vw; }
    .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; z-index: 2; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    .eyebrow { color: var(--muted); font-size: .9rem; margin: 0 0 .4rem; }
    .lead { font-size: clamp(1.1rem, 1rem + .4vw, 1.3rem); line-height: 1.45; max-width: 52rem; }
    .muted, small { color: var(--muted); }
    small { font-size: .85rem; }
    section.pool { margin-top: 3rem; padding-top: 2rem; border-top: 1px solid var(--rule); }
    nav ul { list-style: none; padding: 0; margin: 0 0 1rem; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; }

    .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1rem; margin: 1.5rem 0 2rem; }
    .facts div { border-top: 2px solid var(--ink); padding-top: .4rem; }
    .facts dt { color: var(--muted); font-size: .85rem; line-height: 1.3; }
    .facts dd { margin: 0; font-size: 1.3rem; font-weight: 600; }
    .facts small { display: block; font-weight: 400; font-size: .8rem; line-height: 1.3; }

    .scroll { overflow-x: auto; margin: .5rem 0 1rem; }
    table { border-collapse: separate; border-spacing: 0; min-width: 100%; }
    caption { text-align: left; color: var(--muted); font-size: .9rem; padding-bottom: .5rem; }
    caption span { display: block; max-width: min(46rem, calc(100vw - 2 * var(--side))); position: sticky; left: 0; width: max-content; }
    th, td { padding: .5rem .7rem; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--rule); font-weight: 400; }
    td { white-space: nowrap; }
    thead th { color: var(--muted); font-size: .85rem; line-height: 1.25; vertical-align: bottom; border-bottom: 1px solid var(--ink); }
    thead th small { display: block; white-space: nowrap; }
    th[scope=row], thead th:first-child, .left { text-align: left; }
    th[scope=row], thead th:first-child { padding-left: 0; }
    tr > :last-child { padding-right: .25rem; }
    .overview th[scope=row], .overview thead th:first-child {
      position: sticky; left: 0; background: var(--paper); min-width: clamp(8.5rem, 16vw, 13rem); max-width: 18rem; overflow-wrap: anywhere;
    }
    /* A sticky cell may be painted over its upper neighbour's border, so it draws that line itself. */
    .overview tbody th[scope=row] { box-shadow: 0 -1px 0 var(--rule); } .overview tbody tr:first-child th { box-shadow: 0 -1px 0 var(--ink); }
    .overview td { font-size: 1.1rem; line-height: 1.625rem; }
    .ablation tbody th { min-width: 12rem; }
    figure.chart { max-width: 46rem; margin: 1.5rem 0; }
    figure.chart { overflow-x: auto; } figure.chart svg { width: 100%; min-width: 32rem; height: auto; } figure.chart text { font-size: 12px; }
    svg .whisker { stroke: var(--muted); stroke-width: 1; } svg .front { fill: none; stroke: var(--good); stroke-width: 1.5; }
    svg .strong { font-weight: 650; fill: var(--ink); } svg .dot { fill-opacity: .75; } figure.chart svg .number { font-size: 10px; fill: var(--ink); } figure.chart svg .onfront { fill: var(--paper); }
    .choice { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .5rem; margin: .5rem 0 1rem; }
    .choice input { margin: 0; accent-color: var(--good); } .choice label { margin-right: .9rem; font-size: .92rem; cursor: pointer; }
    .choice .panel { display: none; order: 1; flex: 1 0 100%; min-width: 0; margin-top: .5rem; } .choice input:checked + label + .panel { display: block; }
    .heat { display: grid; grid-template-columns: minmax(6rem, max-content) minmax(0, 1fr); gap: 0 .75rem; margin: .75rem 0 1.5rem; }
    .heatlabels { max-width: clamp(6rem, 22vw, 16rem); } .heatlabels div { height: 1.5rem; line-height: 1.5rem; font-size: .9rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .heat svg { min-width: 0; background: var(--wash); } .heat .share { fill: var(--muted); } .heat .right { fill: var(--good); } .heat .wrong { fill: var(--bad); } .heat .tied { fill: var(--warn-rule); }
    .heat .boundary { stroke: var(--ink); stroke-width: 1; } .heat .hit { fill: transparent; } .heat a:hover .hit { fill: var(--ink); fill-opacity: .25; }
    .heataxis { display: flex; } .heataxis div { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; min-width: 0; font-size: .8rem; color: var(--muted); padding: .15rem .2rem 0 0; }
    .disagreements td { white-space: normal; text-align: left; min-width: 7rem; } .disagreements td:nth-child(2) { white-space: nowrap; } .disagreements thead th { text-align: left; } .disagreements th[scope=row] { overflow-wrap: break-word; max-width: 16rem; }
    .overview td small { display: block; line-height: 1.25rem; }
    .overview tr.reference th, .overview tr.reference td { color: var(--muted); font-style: italic; background: var(--wash); }
    .overview th[scope=row], .overview thead th:first-child { padding-left: .5rem; }
    .overview .figurehead { text-align: left; }
    .overview td.figure { padding-block: .2rem; vertical-align: middle; width: 18rem; }
    .overview tr.class th { text-align: left; padding-left: .5rem; color: var(--muted); font-size: .85rem; padding-top: 1.1rem; max-width: none; }
    .best { font-weight: 700; }
    .tags { display: block; font-size: .8rem; line-height: 1.125rem; color: var(--muted); font-weight: 400; }
    .tags > span { display: block; }
    .tags .warning, .warning-text { color: var(--bad); }
    svg { display: block; width: 100%; min-width: 13rem; height: 1.5rem; overflow: visible; }
    svg .axis { stroke: var(--rule); } svg .mean { stroke: var(--ink); stroke-dasharray: 2 2; } svg .oracle { stroke: var(--ink); } svg .mark { fill: var(--paper); stroke: var(--ink); stroke-width: 1.5; }
    svg .up { fill: var(--good); } svg .down { fill: var(--bad); } svg .room { fill: var(--faint); }
    svg text { font-size: 10px; fill: var(--muted); }
    .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: 1rem 1.5rem; margin: .5rem 0 1rem; max-width: 72rem; }
    .panels figure { margin: 0; } .panels figcaption { font-size: .9rem; } .panels svg { height: auto; min-width: 0; } .panels rect { fill: var(--good); } .panels rect.down { fill: var(--bad); } .panels figure { max-width: 22rem; } .panels figcaption small { display: block; }
    .outcomes { min-width: 0; } .outcomes th, .outcomes td { padding-right: 1.25rem; }
    .bar { display: inline-block; height: .6rem; background: var(--bad); vertical-align: baseline; min-width: 1px; }
    .bar.passed { background: var(--good); }
    .barcell { width: 12rem; min-width: 7rem; text-align: left; }

    .notes { list-style: none; padding: 0; margin: 1rem 0; max-width: 60rem; font-size: .95rem; }
    .notes li { border-left: 3px solid var(--rule); padding: .1rem 0 .1rem .8rem; margin: .4rem 0; overflow-wrap: anywhere; }
    .notes li.warning { border-color: var(--warn-rule); background: var(--warn-wash); padding-block: .4rem; }

    details { margin: .25rem 0; }
    summary { cursor: pointer; padding: .3rem 0; }
    summary:hover { color: var(--good); }
    details.group > summary { font-weight: 600; font-size: 1.05rem; padding: .5rem 0; border-bottom: 1px solid var(--rule); }
    details.problem { border-bottom: 1px solid var(--faint); margin: 0; }
    details.problem[open] { border-bottom-color: var(--rule); }
    details.problem > summary { display: flex; flex-wrap: wrap; gap: .1rem 1rem; align-items: baseline; }
    details.problem > summary::before { content: "▸"; color: var(--muted); width: .7em; }
    details.problem[open] > summary::before { content: "▾"; }
    details.problem > summary::-webkit-details-marker { display: none; }
    details.problem > summary .name { flex: 1 1 12rem; overflow-wrap: anywhere; }
    .body { padding: .25rem 0 1.5rem 1.7em; scroll-margin-top: 4rem; }
    .strip { letter-spacing: .12em; font-family: var(--mono); }
    .strip b { color: var(--good); font-weight: 400; } .strip i { color: var(--bad); font-style: normal; }
    .pass { color: var(--good); } .fail { color: var(--bad); }
    .candidates { font-size: .92rem; }
    .candidates th, .candidates td { padding: .3rem .6rem; }
    .candidates .verdict { text-align: left; min-width: 11rem; max-width: 26rem; }
    .candidates .verdict small { display: block; overflow-wrap: anywhere; }
    .candidates td.verdict { white-space: normal; }
    .candidates thead th { max-width: 9rem; overflow-wrap: break-word; }
    .candidates th:first-child { padding-left: .5rem; min-width: 8rem; max-width: 16rem; overflow-wrap: anywhere; }
    .candidates tfoot th, .candidates tfoot td { border-top: 1px solid var(--ink); border-bottom: 0; }
    .chosen { background: var(--faint); font-weight: 600; }
    .code { display: flex; overflow-x: auto; background: var(--wash); border: 1px solid var(--rule); border-radius: 4px; margin: .3rem 0 .8rem; }
    .code pre { margin: 0; padding: .7rem; border: 0; background: none; overflow: visible; unicode-bidi: isolate; }
    .code .gutter { color: var(--muted); text-align: right; border-right: 1px solid var(--rule); user-select: none; }
    pre { font: .85rem/1.45 var(--mono); tab-size: 4; overflow-x: auto; }
    pre.text { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--wash); border: 1px solid var(--rule); border-radius: 4px;
      padding: .7rem; margin: .3rem 0 .8rem; max-width: 60rem; }
    .index { list-style: none; padding: 0; margin: .5rem 0 1.5rem; columns: 14rem; column-gap: 2rem; font-size: .92rem; }
    .index li { break-inside: avoid; overflow-wrap: anywhere; }
    .provenance dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .3rem 1.5rem; font-size: .92rem; }
    .provenance dt { color: var(--muted); } .provenance dd { margin: 0; overflow-wrap: anywhere; }
    .provenance table { font-size: .92rem; } .provenance td { text-align: left; white-space: normal; } .provenance td:last-child { min-width: 12rem; } .provenance thead th { text-align: left; }
    .provenance code, .hash { font-family: var(--mono); font-size: .85rem; overflow-wrap: anywhere; }
    footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--muted); font-size: .9rem; }
    @media (max-width: 40rem) {
      main { padding-top: 1.5rem; }
      .provenance dl { grid-template-columns: 1fr; gap: 0; } .provenance dd { margin-bottom: .6rem; }
      .body { padding-left: 0; }
    }
    @media print {
      :root { --paper: #fff; --ink: #000; --muted: #444; --rule: #bbb; --faint: #eee; --wash: #fff; --good: #00558a; --bad: #9a3d00; }
      body { font-size: 10pt; } main { max-width: none; padding: 0; }
      .skip, nav, .choice input { display: none; } .choice .panel { display: block; } .choice label { flex: 1 0 100%; font-weight: 600; } .choice .panel { order: 0; }
      .scroll, .code { overflow: visible; } .overview th[scope=row] { position: static; }
      .overview td { font-size: 1rem; } .overview td.figure { width: auto; } svg { width: 9rem; }
      th, td { padding: .25rem .4rem; } tr, .facts div { break-inside: avoid; } h2, h3, caption { break-after: avoid; }
      .code pre { white-space: pre-wrap; } .code .gutter { display: none; }
      a { color: inherit; text-decoration: none; }
    }

    """
