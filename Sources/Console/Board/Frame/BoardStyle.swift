/// What the pages for people at work have beside the look of all pages: more room, a way round, tables and marks.
///
/// Guarantee: what is pressing is said in words and framed; colour only repeats it. One column below 60rem, and on very
/// large screens the letters grow rather than the lines.
enum BoardStyle {
  static let sheet = """
    @media (min-width:120rem){html{font-size:125%}}
    @media (min-width:200rem){html{font-size:175%}}
    .skip{position:absolute;left:-99rem}
    .skip:focus{left:1rem;top:.5rem;padding:.6rem 1rem;background:var(--page);z-index:2}
    .wide header,.wide main,.wide footer,nav.areas ul{max-width:72rem;margin:0 auto;padding:0 1rem}
    .wide p,.wide .hint{max-width:44rem}
    .wide .who{display:flex;flex-wrap:wrap;gap:0 1.5rem;justify-content:space-between;align-items:center}
    .wide .who p{margin:.5rem 0}
    nav.areas{border-bottom:1px solid var(--line);background:var(--pale)}
    nav.areas ul{display:flex;flex-wrap:wrap;gap:0 1.25rem;list-style:none}
    nav a{display:inline-block;padding:.7rem 0;min-height:3rem}
    nav a[aria-current]{color:var(--ink);font-weight:700;text-decoration-thickness:.2em}
    .ways{display:flex;flex-wrap:wrap;align-items:baseline;gap:0 1.25rem;list-style:none;margin:0 0 1rem;padding:0}
    .ways a{display:inline-block;padding:.6rem 0;min-height:3rem}
    .ways a[aria-current]{color:var(--ink);font-weight:700}
    .cards{list-style:none;margin:0;padding:0}
    .card{margin:0 0 1rem;padding:1rem;border:1px solid var(--line);border-left-width:6px}
    .card h2,.card h3{margin:0 0 .5rem}
    .card p:last-child,.card dl:last-child{margin-bottom:0}
    .alarm{border:4px solid var(--bad)}
    .mark{display:inline-block;padding:0 .5rem;border:2px solid currentColor;font-weight:700}
    .mark.bad{color:var(--bad)}
    .mark.good{color:var(--go)}
    .soft{color:var(--soft)}
    .pair{display:grid;gap:0 2rem}
    @media (min-width:60rem){.pair{grid-template-columns:1fr 1fr}}
    .buttons{display:flex;flex-wrap:wrap;gap:1rem;margin:0 0 1.5rem}
    .harm{color:var(--on-bad);background:var(--bad);border-color:var(--bad)}
    .wide select{display:block;width:100%;min-height:3rem;padding:.5rem;font:inherit;color:var(--ink);\
    background:var(--page);border:2px solid var(--line);border-radius:0}
    fieldset{margin:0 0 1.5rem;padding:0;border:0}
    legend{padding:0;font-weight:700}
    .choice{display:flex;gap:.75rem;align-items:center;min-height:3rem}
    .choice input{width:1.75rem;height:1.75rem;min-height:0;flex:none;margin:0;accent-color:var(--go)}
    .choice label{font-weight:400;padding:.6rem 0;flex:1}
    summary{min-height:3rem;padding:.6rem 0;cursor:pointer;color:var(--way)}
    .wide table{width:100%}
    td.number,th.number{text-align:right}
    figure{margin:0 0 1.5rem}
    figure svg{display:block;max-width:100%;height:auto}
    .leave{position:sticky;bottom:0;margin:0;padding:1rem;border:4px solid var(--bad);background:var(--page)}
    footer{padding-bottom:2rem}
    select:focus-visible,summary:focus-visible,.skip:focus-visible,h1:focus-visible{outline:4px solid var(--glow);\
    outline-offset:0;box-shadow:0 0 0 7px var(--frame)}
    dl.figures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(14rem,100%),1fr));gap:0 1.5rem;margin:0;\
    border-top:0}
    .entry{padding:1rem;border:1px solid var(--line);overflow-x:auto;white-space:pre;font-family:monospace}
    .entry:focus-visible{outline:4px solid var(--glow);outline-offset:0;box-shadow:0 0 0 7px var(--frame)}
    :root{--on-bad:#fff}
    @media (prefers-color-scheme:dark){:root{--on-bad:#0b0c0c}}
    .wide h2 a,.wide h3 a,.wide td>a,.wide th>a,.wide dd>a:only-child{display:inline-block;padding:.4rem 0;\
    min-height:3rem}
    #alarm .card{margin-top:1rem}
    .card dl{margin:1rem 0 0}
    .card dd .ways{margin:0}
    .ladder .here{color:var(--way)}
    .ladder .refused{color:var(--bad)}
    .ladder .taken{color:var(--go)}
    .owed{list-style:none;margin:0;padding:0}
    .owed>li{padding:.75rem 0;border-top:1px solid var(--line)}
    .wide h4{font-size:1.125rem;margin:1.25rem 0 .5rem}
    .picture{width:100%;max-width:28rem;color:var(--way)}
    .picture text{fill:var(--ink)}
    .picture .soft{fill:var(--soft)}
    .picture .rule{stroke:var(--line)}
    .numbers{max-height:32rem;overflow:auto}
    .numbers th{font-weight:400}
    .numbers thead th{font-weight:700}
    figcaption{max-width:28rem;margin-top:.5rem}
    @media print{.numbers{max-height:none;overflow:visible}}
    .narrow .field,.narrow fieldset{max-width:44rem}
    .wide nav .ways{padding:0}
    @media print{nav,footer,.ways,.skip,.leave{display:none}.card{break-inside:avoid}}
    """
}
