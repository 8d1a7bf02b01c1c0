#!/usr/bin/env python3
"""Looks at pages as a telephone shows them: page_check.py [--code DIGITS] [--browser PATH] URL...

Each URL is opened twice in Debian's Chromium at 360 x 740. With scripts on, axe-core looks for violations of WCAG 2.2 AA
on the page, on what it says to a form sent empty, and on what it says to a form filled in, by day and by night. With
scripts off, the form is filled in and sent, and the title of what comes back is printed. Exits 1 on any violation, on a
page wider than the screen, on a target lower than 44 pixels, on text below 16 pixels, and on anything that the browser
refused to load or run.

Forms are really sent: use it only on pages of a demo or a test.
"""
import argparse
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREEN = {"width": 360, "height": 740}
MEASURE = """() => {
  const found = []
  if (document.documentElement.scrollWidth > innerWidth) found.push('the page is wider than the screen')
  for (const element of document.querySelectorAll('a, button, input:not([type=hidden]), textarea')) {
    const height = element.getBoundingClientRect().height
    if (height < 44) found.push(`${element.tagName} is ${height} pixels high`)
  }
  for (const element of document.body.querySelectorAll('*')) {
    if (parseFloat(getComputedStyle(element).fontSize) < 16) found.push(`${element.tagName} has small text`)
  }
  return found
}"""


def look(page, what, failures):
    """Adds what is wrong with the page that is shown now."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response
    for violation in found["violations"]:
        for node in violation["nodes"]:
            failures.append(f"{what}: {violation['id']}: {violation['help']}: {node['html'][:120]}")
    failures.extend(f"{what}: {words}" for words in page.evaluate(MEASURE))
    if not page.title().strip():
        failures.append(f"{what}: no title")


def fill(page, code):
    """Fills in what a person has to fill in. False where there is no form."""
    if not page.locator("form").count():
        return False
    for name, value in {"by": "Page check", "willDo": "Look at the page", "code": code}.items():
        field = page.locator(f"[name={name}]")
        if field.count():
            field.first.fill(value)
    return True


def send(page):
    """Presses the first button, which every page keeps for what is asked of the reader."""
    with page.expect_navigation():
        page.locator("button").first.click()


def with_scripts(browser, url, arguments, failures):
    for scheme in ["light", "dark"]:
        context = browser.new_context(viewport=SCREEN, color_scheme=scheme)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and refused(message, url, failures))
        page.goto(url)
        look(page, f"{url} ({scheme})", failures)
        if page.locator("form").count():
            send(page)
            look(page, f"{url} ({scheme}, sent empty)", failures)
            page.goto(url)
            if fill(page, arguments.code):
                send(page)
                look(page, f"{url} ({scheme}, sent)", failures)
        context.close()


def refused(message, url, failures):
    """The browser's own word for an answer that is no 200 is no fault; a refusal by the page's policy is."""
    if not message.text.startswith("Failed to load resource: the server responded with a status of"):
        failures.append(f"{url}: {message.text}")


def without_scripts(browser, url, arguments):
    context = browser.new_context(viewport=SCREEN, java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    before = page.title()
    if fill(page, arguments.code):
        send(page)
        print(f"{url}: {before} -> {page.title()}")
    else:
        print(f"{url}: {before}")
    context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("urls", nargs="+", metavar="URL")
    parser.add_argument("--code", default="00000000", help="what is typed where a code is asked for")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    arguments = parser.parse_args()
    failures = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=arguments.browser, args=["--no-sandbox"])
        for url in arguments.urls:
            with_scripts(browser, url, arguments, failures)
            without_scripts(browser, url, arguments)
        browser.close()
    for failure in failures:
        print(failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
