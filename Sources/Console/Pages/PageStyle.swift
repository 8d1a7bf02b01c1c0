/// How the pages look: readable on a phone at night, by day, at 400 per cent, and without colour.
///
/// Guarantee: text is 18 pixels or more unless the reader chose otherwise, targets are 48 pixels high, and the focus is
/// always framed. Every pair of colours has a contrast of 4.5:1 or more (WCAG 2.2, 1.4.3), borders of fields 3:1.
enum PageStyle {
  static let sheet = """
    :root{--page:#fff;--ink:#0b0c0c;--soft:#484d50;--line:#6b7276;--go:#00602f;--on-go:#fff;--way:#00467a;\
    --bad:#a8200d;--pale:#eef1f2;--frame:#0b0c0c;--glow:#fd0}
    @media (prefers-color-scheme:dark){:root{--page:#14181a;--ink:#f3f4f5;--soft:#c2c8cb;--line:#97a0a5;\
    --go:#7fd6a4;--on-go:#0b0c0c;--way:#9ccbf5;--bad:#ffab9d;--pale:#23292c;--frame:#14181a}}
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--ink);font:1.125rem/1.5 system-ui,Arial,sans-serif;\
    overflow-wrap:anywhere}
    header,main{max-width:42rem;margin:0 auto;padding:0 1rem}
    header{border-bottom:1px solid var(--line)}
    header p{margin:.75rem 0}
    main{padding-bottom:3rem}
    h1{font-size:1.75rem;line-height:1.2;margin:1.5rem 0 1rem}
    h2{font-size:1.375rem;line-height:1.25;margin:2rem 0 .75rem}
    h3{font-size:1.125rem;margin:1.5rem 0 .5rem}
    p{margin:0 0 1rem}
    a{color:var(--way);text-underline-offset:.15em}
    .way{display:inline-block;padding:.6rem 0;min-height:3rem}
    dl{margin:1.5rem 0;border-top:1px solid var(--line)}
    dl div{padding:.5rem 0;border-bottom:1px solid var(--line)}
    dt{font-weight:700}
    dd{margin:0}
    .exercise,.problems,.done,.passed{margin:1.5rem 0;padding:1rem;border:4px solid var(--line);background:var(--pale)}
    .exercise{border-style:dashed;border-color:var(--ink)}
    .problems{border-color:var(--bad)}
    .problems h2{margin:0 0 .5rem}
    .problems ul{margin:0;padding:0;list-style:none}
    .problems a{display:block;padding:.6rem 0;min-height:3rem;color:var(--bad);font-weight:700}
    .done{border-color:var(--go)}
    .done p:last-child,.passed p:last-child,.exercise{margin-bottom:0}
    .field{margin:0 0 1.5rem}
    .wrong{padding-left:1rem;border-left:6px solid var(--bad)}
    label{display:block;font-weight:700}
    .hint{margin:0 0 .5rem;color:var(--soft)}
    .problem{margin:0 0 .5rem;color:var(--bad);font-weight:700}
    input,textarea{display:block;width:100%;min-height:3rem;padding:.5rem;font:inherit;color:var(--ink);\
    background:var(--page);border:2px solid var(--line);border-radius:0}
    .short{max-width:14rem;letter-spacing:.1em}
    .wrong input,.wrong textarea{border-color:var(--bad)}
    button{min-height:3rem;padding:.6rem 1.25rem;font:inherit;font-weight:700;color:var(--on-go);background:var(--go);\
    border:2px solid var(--go);border-radius:0;cursor:pointer}
    .second{color:var(--ink);background:var(--pale);border-color:var(--line)}
    a:focus-visible,button:focus-visible,input:focus-visible,textarea:focus-visible,.problems:focus-visible,\
    .sheet:focus-visible{outline:4px solid var(--glow);outline-offset:0;box-shadow:0 0 0 7px var(--frame)}
    img{display:block;max-width:100%;max-height:28rem;margin:0 0 1.5rem}
    .message{padding:0 1rem;border:1px solid var(--line)}
    .sheet{overflow-x:auto;margin:0 0 1rem}
    table{border-collapse:collapse;overflow-wrap:normal}
    caption{text-align:left;font-weight:700}
    th,td{padding:.4rem .6rem;border:1px solid var(--line);text-align:left;vertical-align:top}
    pre{white-space:pre-wrap;font:inherit}
    @media print{button,form,.way{display:none}}
    """
}
