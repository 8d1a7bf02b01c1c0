#!/usr/bin/env python3
"""Looks at the board as people do: board_check.py PROGRAM [stories] [deeds] [walk] [screenshots FOLDER]

Starts a demo with PROGRAM (the built `waypost`) and opens it in Debian's Chromium. What it is asked for happens in this
order; without `stories` the demo is told at once.

- stories: the three stories are followed on the board and on their episodes' pages: with scripts as they happen, without
  scripts by opening the page again.
- deeds: a message is acknowledged on a telephone's screen, a held message is decided, an overdue duty completed, the
  what-if form asked; each with scripts and without.
- walk: every page that each role is led to. No link leads nowhere; on each kind of page axe-core finds nothing by day and
  by night, nothing is wider than the screen from 320 to 3840 pixels, targets are 44 pixels high, Tab reaches everything
  and shows where it is, and the browser refuses nothing.
- screenshots FOLDER: every kind of page, on a telephone and on a desk, by day and by night.

Prints what is wrong, a line each, and exits with 1; a line `ok` and 0 otherwise.
"""
import re
import sys
import tempfile
import time
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, sync_playwright

from board_demo import Demo
from page_check import TAGS, refused

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
# The narrowest (400 per cent on a small laptop) and the widest.
EDGES = [{"width": 320, "height": 640}, {"width": 3840, "height": 2160}]
ROLES = ["duty-manager", "operator", "route-owner", "second-route-owner", "auditor", "school", "reporter"]
# Pages of one kind that a role is led to and that are opened.
ENOUGH = 5
# Seconds in which a page has to follow. It takes less than one; a test must not fail because the machine is busy.
FOLLOWS = 30

MEASURE = """() => {
  const found = []
  const page = document.documentElement
  if (page.scrollWidth > innerWidth) {
    const wide = [...document.querySelectorAll('body *')].filter(one =>
      one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.sheet') && !one.matches('.skip')).pop()
    found.push(`${page.scrollWidth} pixels wide${wide ? ': ' + wide.outerHTML.slice(0, 120) : ''}`)
  }
  const isInSentence = link => link.tagName === 'A' && getComputedStyle(link).display === 'inline' &&
    [...link.parentElement.childNodes].some(one => one.nodeType === 3 && one.textContent.trim().length > 1)
  for (const one of document.querySelectorAll('a, button, summary, select, textarea, input:not([type=hidden])')) {
    if (!one.checkVisibility() || one.matches('.skip') || isInSentence(one)) continue
    const target = one.matches('[type=radio],[type=checkbox]') && one.labels[0] ? one.labels[0] : one
    const height = target.getBoundingClientRect().height
    if (height < 44) found.push(`${Math.round(height)} pixels high: ${one.outerHTML.slice(0, 120)}`)
  }
  for (const one of document.body.querySelectorAll('*')) {
    if (one.checkVisibility() && !one.closest('svg') && parseFloat(getComputedStyle(one).fontSize) < 16)
      found.push(`small text: ${one.outerHTML.slice(0, 120)}`)
  }
  const ids = [...document.querySelectorAll('[id]')].map(one => one.id)
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push(`two elements with the id ${id}`)
  return found.slice(0, 10)
}"""

# What Tab has to reach: of radio buttons with one name it reaches one.
LISTEN = """() => {
  const reach = [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]')]
    .filter(one => one.checkVisibility() && !one.disabled && one.tabIndex >= 0)
  const key = one => one.type === 'radio' ? 'radio ' + one.name : reach.indexOf(one)
  window.reached = {wanted: new Map(reach.map(one => [key(one), one])), blind: []}
  document.addEventListener('focusin', event => {
    const style = getComputedStyle(event.target)
    if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2)
      window.reached.blind.push(event.target.outerHTML.slice(0, 120))
    window.reached.wanted.delete(key(event.target))
  })
  document.activeElement?.blur()
  return reach.length + 8 * document.querySelectorAll('[type=datetime-local],[type=date],[type=time]').length
}"""
REACHED = """() => [...window.reached.wanted.values()].map(one => 'Tab does not reach ' + one.outerHTML.slice(0, 120))
  .concat(window.reached.blind.map(one => 'does not show that it has the focus: ' + one)).slice(0, 10)"""

# What a page says now in the parts that follow, and what it would say if it were opened now; without what counts down.
LIVE = """() => {
  const says = page => [...page.querySelectorAll('[data-live]')].map(live => {
    const copy = live.cloneNode(true)
    for (const time of copy.querySelectorAll('time')) time.remove()
    return copy.textContent.replace(/\\s+/g, ' ').trim()
  }).join('\\n')
  // Asked for as the script does, which nobody's record of looks has.
  return fetch(location.href, {headers: {'Waypost-Live': '1'}}).then(answer => answer.text()).then(text =>
    [says(document), says(new DOMParser().parseFromString(text, 'text/html'))])
}"""


def kind(address):
    """Pages of one kind are made by one route."""
    path = re.sub(r"^/(episodes|messages|duties|desk|agencies|report)/[^/]+", r"/\1/one", urlsplit(address).path)
    path = re.sub(r"^/protocols/(?!what-if)[^/]+", "/protocols/one", path)
    return re.sub(r"/(changes|desks|compare)/[^/]+", r"/\1/one", path)


def held(reference):
    """A child at home in Luton whose parents must not be told without a person's decision."""
    return {
        "specversion": "1.0", "id": reference, "source": "https://check.example/", "type": "waypost.missing.reported",
        "time": "2026-04-27T07:00:00Z", "subject": reference,
        "data": {
            "child": {
                "id": reference, "name": {"given": "Alex", "family": "Example"}, "dateOfBirth": "2012-10-01",
                "livesIn": "luton", "placement": {"kind": "none"}, "contactParentsHarmful": True,
                "contacts": [{"role": "family.parents", "name": "Parent", "email": "parent@family.example"}],
            },
            "episode": {"reportedToPolice": True, "reportedBy": "school", "whereabouts": "unknown"},
        },
    }


class Check:
    def __init__(self, browser, demo):
        self.browser, self.demo = browser, demo
        self.failures, self.states, self.led = [], {}, {}

    def fail(self, words):
        if words not in self.failures:
            self.failures.append(words)
            print(words, flush=True)

    def context(self, role, screen, **more):
        """A browser in which somebody of the role is signed in. Each signs in once."""
        if role not in self.states:
            context = self.browser.new_context(viewport=PHONE)
            page = context.new_page()
            page.goto(f"{self.demo.url}/sign-in?next=/me")
            page.get_by_label("Name").fill(role)
            page.get_by_label("Passphrase").fill(self.demo.passphrase)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/me")
            self.states[role] = context.storage_state()
            context.close()
        context = self.browser.new_context(viewport=screen, storage_state=self.states[role], **more)
        context.set_default_timeout(30_000)
        return context

    def open(self, page, path):
        answer = page.goto(self.demo.url + path)
        if answer.status >= 400:
            self.fail(f"{path}: {answer.status}")
        return page

    # Stories.

    def stories(self):
        live, plain = self.context("duty-manager", DESK), self.context("duty-manager", DESK, java_script_enabled=False)
        board = self.open(live.new_page(), "/board")
        episode, shown, slowest = live.new_page(), None, 0.0
        number, last = 0, None
        while self.demo.next is not None:
            coming = self.demo.next
            # A story begins where the one before it has seen its desks open.
            if last is None or (last.endswith("desks open") and not coming.endswith("desks open")):
                number += 1
            last, reference = coming, f"EP-DEMO-{number}"
            self.demo.step()
            done = time.monotonic()
            again = self.open(plain.new_page(), "/board")
            # The board has those who may be missing and are not back.
            told = ("missing.suspected", "missing.reported", "missing.categorised")
            if reference not in again.content() and coming.endswith(told):
                self.fail(f"/board, opened again without scripts, does not show {reference} after: {coming}")
            slowest = max(slowest, self.follows(board, "/board", coming, done))
            if shown == reference:
                slowest = max(slowest, self.follows(episode, f"/episodes/{reference}", coming, done))
            else:
                self.open(episode, f"/episodes/{reference}")
                shown = reference
            again.close()
        print(f"the stories were followed; the slowest page took {slowest:.1f} s", flush=True)
        live.close()
        plain.close()

    def follows(self, page, path, coming, done):
        """Waits until the page says what it says to somebody who opens it now. Gives the seconds since `done`."""
        while time.monotonic() < done + FOLLOWS:
            shown, wanted = page.evaluate(LIVE)
            if not wanted:
                self.fail(f"{path} has nothing that follows")
                return 0
            if shown == wanted:
                return time.monotonic() - done
            page.wait_for_timeout(50)
        self.fail(f"{path} does not follow: {coming}")
        return 0

    # Deeds.

    def deeds(self):
        """Each of them twice: with scripts, and without."""
        taken = iter(self.demo.notifications("accepted"))
        for scripts in [True, False]:
            how = "with scripts" if scripts else "without scripts"
            context = self.context("duty-manager", PHONE, java_script_enabled=scripts)
            page = context.new_page()
            for deed in [lambda: self.acknowledge(page, next(taken)["id"]), lambda: self.decide(page, scripts),
                         lambda: self.complete(page), lambda: self.what_if(page)]:
                try:
                    deed()
                except (Error, AssertionError) as problem:
                    self.fail(f"{how}, at {page.url}: {problem}")
            context.close()
        self.answer_by_link()
        print("acknowledged, decided, completed and asked, with scripts and without", flush=True)

    def follow(self, page, words):
        """Goes where the first link with these words leads."""
        with page.expect_navigation():
            page.get_by_role("link", name=re.compile(words)).first.click()

    def send(self, page, words):
        with page.expect_navigation():
            page.get_by_role("button", name=re.compile(words)).first.click()

    def acknowledge(self, page, notification):
        self.open(page, f"/messages/{notification}")
        self.follow(page, "^Record that somebody has taken this on")
        # Sent empty, it says what is missing and has done nothing.
        self.send(page, "^Record it")
        assert page.get_by_text("There is a problem").count() == 1, "an empty form is taken"
        page.get_by_label("Who has taken it on").fill("Duty desk, Jo")
        page.get_by_label("Why", exact=True).fill("They rang back.")
        self.send(page, "^Record it")
        assert page.locator("main .done").count() >= 1, "the page does not say that it is done"
        assert self.demo.state(notification) == "acknowledged", "the message is not acknowledged"

    def decide(self, page, releases):
        """A parent whom it may harm the child to tell: somebody has to decide."""
        reference = f"EP-CHECK-{'TELL' if releases else 'REFUSE'}"
        self.demo.post(held(reference))
        before = {one["id"] for one in self.demo.notifications("held") if one["episode"] == reference}
        assert len(before) == 1, f"{len(before)} messages are held"
        self.open(page, "/desk")
        card = page.locator("li.card", has_text=reference).first
        with page.expect_navigation():
            card.get_by_role("link", name=re.compile("^Tell them" if releases else "^Do not tell them")).click()
        page.get_by_label("Why", exact=True).fill("The social worker has decided.")
        self.send(page, "^Tell them" if releases else "^Do not tell them")
        state = self.demo.state(before.pop())
        assert state != "held" and (state == "cancelled") != releases, f"the held message is {state}"

    def complete(self, page):
        self.open(page, "/duties?show=overdue")
        with page.expect_navigation():
            page.locator("li.card h3 a").first.click()
        page.get_by_label("What shows that it is done").fill("The note of today is in the case record.")
        self.send(page, "^This duty is done")
        assert page.get_by_text("Done late", exact=True).count() == 1, "the duty is not said to be done late"

    def what_if(self, page):
        self.open(page, "/protocols/what-if")
        page.get_by_label("What happens").select_option("missing.reported")
        page.locator("[name='child.livesIn']").select_option("derby")
        self.send(page, "^Show who would be told")
        assert page.get_by_role("heading", name="Who would be told").count() == 1, "the form gives no answer"

    def answer_by_link(self):
        """Whoever got a message acknowledges it from the mail, with nothing but the link, on a telephone."""
        link = self.demo.links("acknowledge")[0]
        context = self.browser.new_context(viewport=PHONE, java_script_enabled=False)
        page = context.new_page()
        page.goto(link)
        page.get_by_label("Your name or office").fill("Out-of-hours team")
        self.send(page, "^Acknowledge")
        if not page.title().startswith("Acknowledged"):
            self.fail(f"the link in the mail leads to: {page.title()}")
        context.close()

    # The walk.

    def begin(self, role, context):
        """What is there only once somebody has begun it: a report, a change of a desk."""
        page = context.new_page()
        if role == "reporter":
            self.open(page, "/report")
            with page.expect_navigation():
                page.locator("main form button").first.click()
        if role == "route-owner":
            self.open(page, "/agencies/luton/desks/childrens-services.front-door")
            page.get_by_label("Name of the desk").fill("Another front door")
            page.get_by_label("Why", exact=True).fill("They have moved.")
            self.send(page, "^Propose this change")
        begun = urlsplit(page.url).path
        page.close()
        return [begun] if begun.startswith("/") else []

    def crawl(self, role):
        """Where the pages lead somebody of the role: a few addresses of each kind."""
        context = self.context(role, DESK)
        found, waiting, seen = {}, ["/board", "/me", *self.begin(role, context)], set()
        while waiting:
            path = waiting.pop(0)
            here = found.setdefault(kind(path), [])
            if len(here) >= ENOUGH:
                continue
            answer = context.request.get(self.demo.url + path, max_redirects=0)
            if answer.status != 200:
                # Not everybody has a board; whoever is led somewhere may go there.
                if path != "/board":
                    self.fail(f"{path}, where {role} is led by a link: {answer.status}")
                continue
            if not answer.headers["content-type"].startswith("text/html"):
                continue
            here.append(path)
            for link in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', answer.text()):
                link = link.replace("&amp;", "&").split("#")[0]
                link = urlsplit(path).path + link if link.startswith("?") else link
                if link.startswith("/") and link not in seen:
                    seen.add(link)
                    waiting.append(link)
        context.close()
        return {name: paths for name, paths in found.items() if paths}

    def kinds(self):
        """Each kind of page, with whoever was the first to be led there, and where."""
        if not self.led:
            for role in ROLES:
                for name, paths in self.crawl(role).items():
                    self.led.setdefault(name, (role, paths[0]))
        return self.led

    def walk(self):
        opened = {}
        for name, (role, path) in self.kinds().items():
            if role not in opened:
                opened[role] = self.context(role, PHONE)
            self.look(opened[role].new_page(), name, path)
        for context in opened.values():
            context.close()
        print(f"looked at {len(self.kinds())} kinds of pages: {' '.join(sorted(self.kinds()))}", flush=True)

    def look(self, page, name, path):
        page.on("console", lambda message: message.type == "error" and self.heard(message, path))
        page.on("pageerror", lambda error: self.fail(f"{path}: {error}"))
        self.open(page, path)
        if not page.title().strip() or page.locator("h1").count() != 1:
            self.fail(f"{path}: a page has a title and one heading of the first level")
        for screen in [PHONE, DESK, *EDGES]:
            page.set_viewport_size(screen)
            for words in page.evaluate(MEASURE):
                self.fail(f"{path} at {screen['width']}: {words}")
        page.set_viewport_size(PHONE)
        for scheme in ["light", "dark"]:
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]})
            for violation in found.response["violations"]:
                for node in violation["nodes"][:3]:
                    self.fail(f"{path} ({scheme}): {violation['id']}: {violation['help']}: {node['html'][:160]}")
        for _ in range(page.evaluate(LISTEN) + 3):
            page.keyboard.press("Tab")
        for words in page.evaluate(REACHED):
            self.fail(f"{path}: {words}")
        page.close()

    def heard(self, message, path):
        refusals = []
        refused(message, path, refusals)
        for words in refusals:
            self.fail(words)

    # Screenshots.

    def screenshots(self, folder):
        count = 0
        for name, (role, path) in self.kinds().items():
            for screen, words in [(PHONE, "phone"), (DESK, "desk")]:
                context = self.context(role, screen)
                page = self.open(context.new_page(), path)
                for scheme in ["light", "dark"]:
                    page.emulate_media(color_scheme=scheme)
                    file = name.strip("/").replace("/", "-")
                    page.screenshot(path=f"{folder}/{file}-{words}-{scheme}.png", full_page=True)
                    count += 1
                context.close()
        print(f"{count} screenshots are in {folder}", flush=True)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, *wanted = sys.argv[1:]
    folder = wanted[wanted.index("screenshots") + 1] if "screenshots" in wanted else None
    with tempfile.TemporaryDirectory(prefix="waypost-board-") as data, sync_playwright() as playwright:
        demo = Demo(program, data)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            check = Check(browser, demo)
            if "stories" in wanted:
                check.stories()
            demo.tell_all()
            if "deeds" in wanted:
                check.deeds()
            if "walk" in wanted:
                check.walk()
            if folder:
                check.screenshots(folder)
        finally:
            browser.close()
            demo.end()
    if check.failures:
        sys.exit(1)
    print("ok")


if __name__ == "__main__":
    main()
