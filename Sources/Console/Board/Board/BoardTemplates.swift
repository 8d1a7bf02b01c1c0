/// The markup of the board and of the alarms.
extension BoardPage {
  static let templates: [(name: String, text: String)] = [
    (
      "board-list",
      """
      {{<board}}{{$main}}
      <div id="alarm" role="alert" data-live>{{#banner}}<div class="card alarm">\
      <p><strong>Alarm: {{words}} that nobody has confirmed in time.</strong> Ring the \
      recipient.</p>\
      <p><a class="way" href="{{go}}">{{open}}</a></p></div>{{/banner}}</div>
      <h1>{{title}}</h1>
      <nav aria-label="Which episodes">
      <ul class="ways" id="views" data-live>\
      {{#views}}<li><a href="{{go}}"{{#isHere}} aria-current="true"{{/isHere}}>{{words}} ({{count}})</a></li>{{/views}}</ul>
      </nav>
      <div id="list" data-live>
      {{#nothing}}<p>{{nothing}}</p>{{/nothing}}
      {{#episodes}}<ul class="cards">{{#list}}{{>board-card}}{{/list}}</ul>{{/episodes}}
      {{#paging}}<nav aria-label="Pages of the list"><p>{{here}}</p>
      <ul class="ways">{{#ways}}<li><a href="{{go}}">{{words}}</a></li>{{/ways}}</ul></nav>{{/paging}}
      </div>
      {{#alarmsPage}}<p><a class="way" href="{{alarmsPage}}">All alarms of this gateway, the newest first</a></p>\
      {{/alarmsPage}}
      {{/main}}{{/board}}
      """
    ),
    (
      "board-card",
      """
      <li class="card{{#isAlarm}} alarm{{/isAlarm}}">
      <h2><a href="{{go}}">Episode {{reference}}</a></h2>
      <p>{{#marks}}<strong class="mark{{#isBad}} bad{{/isBad}}">{{words}}</strong> {{/marks}}</p>
      {{#child}}<p><strong>{{child}}</strong></p>{{/child}}
      {{#since}}<p>{{before}}{{#isDated}} <time datetime="{{machine}}">{{words}}</time>, \
      <time datetime="{{machine}}" data-since="{{until}}">{{span}} ago</time>{{/isDated}}.</p>\
      {{/since}}
      {{#deadline}}<p>Next deadline {{>countdown}}: {{what}} (<time datetime="{{machine}}">{{words}}</time>).</p>\
      {{/deadline}}
      {{#overdue}}<p><strong>Overdue</strong></p>
      <ul class="ways">{{#list}}<li><a href="{{go}}">{{words}}: {{owner}}</a>\
      {{#by}}, {{>countdown}}{{/by}}</li>{{/list}}{{#more}}<li>{{more}}</li>{{/more}}</ul>{{/overdue}}
      <dl>{{#groups}}<div><dt>{{title}}</dt><dd>{{#names}}{{names}}{{#more}}; {{more}}{{/more}}{{/names}}{{^names}}<ul class="ways">\
      {{#list}}<li><a href="{{go}}">{{words}}</a></li>{{/list}}{{#more}}<li>{{more}}</li>{{/more}}</ul>{{/names}}</dd>\
      </div>{{/groups}}</dl>
      </li>
      """
    ),
    (
      "board-alarms",
      """
      {{<board}}{{$main}}
      <h1>{{title}}</h1>
      <p>What the gateway has asked people to look at. An alarm stays in this list when it has been seen to: what it is \
      about says how it stands now.</p>
      {{^alarms}}<p>There has been no alarm.</p>{{/alarms}}
      <div class="sheet" role="region" aria-label="Alarms" tabindex="0">
      <table id="list" data-live>
      <caption>Alarms, the newest first</caption>
      <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">About</th>\
      <th scope="col">Reason</th></tr></thead>
      <tbody>{{#alarms}}<tr><td><time datetime="{{machine}}">{{when}}</time></td><th scope="row">{{kind}}</th>\
      <td>{{#go}}<a class="way" href="{{go}}">{{about}}</a>{{/go}}{{^go}}{{about}}{{/go}}</td><td>{{says}}</td></tr>\
      {{/alarms}}</tbody>
      </table>
      </div>
      <ul class="ways">
      {{#newest}}<li><a href="{{newest}}">Newest alarms</a></li>{{/newest}}
      {{#older}}<li><a href="{{older}}">Older alarms</a></li>{{/older}}
      <li><a href="{{board}}">Back to the board</a></li>
      </ul>
      {{/main}}{{/board}}
      """
    ),
  ]
}
