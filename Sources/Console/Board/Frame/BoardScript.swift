/// The one script of the board. Everything is there without it; with it a page follows what happens.
///
/// - `data-stream` on the body is where changes are told; whenever one comes the page is asked for again, and every
///   element with `data-live` and an id takes on what it says now, unless somebody is typing there. `data-episode` on the
///   body: only changes of that episode count.
/// - `time[data-until]` (milliseconds since 1970) counts down in words, by the gateway's clock, which `data-now` tells;
///   `time[data-since]` says how long ago something was.
/// - `data-ends` on the body (milliseconds) is when the session ends: two minutes before, `#leave` shows itself.
///
/// Guarantee: what it shows came from this gateway as a page; it puts nothing together from data, and keeps nothing.
enum BoardScript {
  static let text = """
    'use strict';
    (() => {
      const body = document.body, data = body.dataset;
      let ahead = Number(data.now) - Date.now();
      const now = () => Date.now() + ahead;
      const plural = (n, one) => n + ' ' + one + (n === 1 ? '' : 's');
      const span = ms => {
        const s = Math.floor(Math.abs(ms) / 1000), m = Math.floor(s / 60), h = Math.floor(m / 60);
        return m < 1 ? plural(s, 'second') : m < 10 ? plural(m, 'minute') + ' ' + plural(s % 60, 'second')
          : h < 1 ? plural(m, 'minute') : h < 48 ? plural(h, 'hour') + ' ' + plural(m % 60, 'minute')
          : plural(Math.floor(h / 24), 'day');
      };
      const tick = () => {
        for (const time of document.querySelectorAll('time[data-until]')) {
          const left = Number(time.dataset.until) - now();
          time.textContent = (left < 0 ? 'overdue by ' : 'in ') + span(left);
        }
        for (const time of document.querySelectorAll('time[data-since]'))
          time.textContent = span(now() - Number(time.dataset.since)) + ' ago';
        const leave = document.getElementById('leave');
        if (leave && data.ends) leave.hidden = Number(data.ends) - now() > 120000;
      };
      tick();
      setInterval(tick, 1000);
      if (!data.stream) return;
      let busy = false, again = false;
      const renew = async () => {
        if (busy) { again = true; return; }
        busy = true;
        try {
          const answer = await fetch(location.href, {headers: {'Waypost-Live': '1'}});
          if (answer.ok && !answer.redirected) {
            const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
            for (const name of ['now', 'ends']) data[name] = page.body.dataset[name];
            ahead = Number(data.now) - Date.now();
            for (const old of document.querySelectorAll('[data-live][id]')) {
              const fresh = page.getElementById(old.id);
              const held = old.contains(document.activeElement) ? document.activeElement : null;
              if (!fresh || fresh.innerHTML === old.innerHTML || held && held.matches('input,textarea,select')) continue;
              const open = [...old.querySelectorAll('details[open][id]')].map(one => one.id);
              old.replaceChildren(...fresh.childNodes);
              for (const id of open) { const one = document.getElementById(id); if (one) one.open = true; }
              if (held && held.id) { const one = document.getElementById(held.id); if (one) one.focus(); }
              else if (held && held.href)
                [...old.querySelectorAll('a')].find(one => one.href === held.href)?.focus();
            }
            tick();
          } else location.reload();
        } catch { /* The stream says when the gateway is back, and the page is asked for then. */ }
        busy = false;
        if (again) { again = false; setTimeout(renew, 200); }
      };
      const stream = new EventSource(data.stream);
      const changed = message => {
        try { if (data.episode && JSON.parse(message.data).episode !== data.episode) return; } catch { return; }
        renew();
      };
      for (const noun of ['event', 'notification', 'duty']) stream.addEventListener(noun, changed);
      let lost = false;
      const state = document.getElementById('live-state');
      const say = text => { if (state) state.textContent = text; };
      stream.onopen = () => { say('Follows what happens by itself.'); if (lost) { lost = false; renew(); } };
      stream.onerror = () => { lost = true; say('Not connected: what stands here may be old.'); };
    })();
    """
}
