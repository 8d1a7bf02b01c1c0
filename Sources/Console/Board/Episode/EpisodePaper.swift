/// How an episode looks on paper: A4, dark on white whatever the screen, nothing torn apart that fits on a page.
enum EpisodePaper {
  static let sheet = """
    .paper main,.paper header{max-width:72rem}
    .proof td,.proof th{overflow-wrap:anywhere}
    @page{size:A4;margin:18mm 14mm}
    @media print{:root{color-scheme:light;--page:#fff;--ink:#000;--soft:#333;--line:#666;--go:#00602f;--way:#000;\
    --bad:#a8200d;--pale:#fff;--frame:#000}
    .onscreen{display:none}.paper{font-size:10.5pt}.paper a{color:inherit;text-decoration:none}
    h2,h3,h4,summary{break-after:avoid}li,tr,figure{break-inside:avoid}.paper article.card{break-inside:auto}
    .owed>li{break-inside:auto}.proof{break-before:page}.sheet{overflow:visible}.proof table{font-size:8pt}
    thead{display:table-header-group}}
    """
}

extension PageLook {
  /// For what is printed or kept: no script.
  static let paper = PageLook(style: PageStyle.sheet + BoardStyle.sheet + EpisodePaper.sheet)
}
