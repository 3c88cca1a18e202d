"""Whether a page fits a screen: no control lies on another, and nothing scrolls sideways."""

from __future__ import annotations

from typing import Any

WIDTHS = {320: 568, 390: 844, 768: 1024, 1024: 768, 1440: 900}
"""Widths of a small phone, a phone, a tablet upright and lying, and a desk, with their heights."""

# A control is where it can be tapped: its own boxes and those of all in it, since a child that is wider than its
# parent takes taps too. Where something scrolls, controls outside of it meet only what is to be seen of those inside. At
# the end of the page the bar at the bottom lies in its place in the flow, so nothing may be under it either.
OVERLAPS = """() => {
  scrollTo(0, document.documentElement.scrollHeight);
  const wanted = "a[href], button, input:not([type=hidden]), textarea, select, label, video, audio, [tabindex]";
  const tell = (e) => `${e.tagName.toLowerCase()}#${e.id} '${(e.innerText || e.name || "").trim().slice(0, 30)}'`;
  function scrollers(element) {
    const all = [];
    for (let above = element.parentElement; above && above !== document.body; above = above.parentElement) {
      const style = getComputedStyle(above);
      if (/auto|scroll|hidden|clip/.test(style.overflowX + style.overflowY)) all.push(above);
    }
    return all;
  }
  function boxes(element) {
    const rects = [];
    for (const each of [element, ...(element.matches("a, button, label") ? element.querySelectorAll("*") : [])]) {
      const style = getComputedStyle(each);
      // Radio buttons and ticks are one transparent pixel; their labels are what is tapped.
      if (style.visibility !== "visible" || style.opacity === "0") continue;
      rects.push(...[...each.getClientRects()].map((r) => [r.left, r.top, r.right, r.bottom]));
    }
    return rects.filter(([l, t, r, b]) => r - l > 1 && b - t > 1);
  }
  function within(rects, frames) {
    for (const frame of frames.map((each) => each.getBoundingClientRect()))
      rects = rects.map(([l, t, r, b]) => [
        Math.max(l, frame.left), Math.max(t, frame.top), Math.min(r, frame.right), Math.min(b, frame.bottom),
      ]);
    return rects;
  }
  const controls = [...document.querySelectorAll(wanted)]
    .filter((e) => e.checkVisibility() && !e.closest("dialog") && !e.matches(".skip") && getComputedStyle(e).opacity !== "0")
    .map((e) => ({ e, rects: boxes(e), frames: scrollers(e) }))
    .filter((control) => control.rects.length);
  const said = [];
  for (const [n, one] of controls.entries()) {
    for (const other of controls.slice(n + 1)) {
      if (one.e.contains(other.e) || other.e.contains(one.e)) continue;
      // What scrolls under the head of a page comes out again.
      if (Boolean(one.e.closest(".head")) !== Boolean(other.e.closest(".head"))) continue;
      const ours = within(one.rects, one.frames.filter((frame) => !other.frames.includes(frame)));
      const theirs = within(other.rects, other.frames.filter((frame) => !one.frames.includes(frame)));
      const meet = ours.some(([l, t, r, b]) =>
        theirs.some(([l2, t2, r2, b2]) => Math.min(r, r2) - Math.max(l, l2) > 1 && Math.min(b, b2) - Math.max(t, t2) > 1));
      if (meet) said.push(`${tell(one.e)} meets ${tell(other.e)}`);
    }
  }
  return { count: controls.length, said };
}"""


WIDE = """() => [...document.querySelectorAll("body *")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".wrap, .code, .diff, pre, textarea"))
  .map((e) => `${e.tagName.toLowerCase()}.${e.className} '${(e.innerText || "").trim().slice(0, 30)}'`).slice(-3)"""
"""What reaches out of the screen, the innermost last."""


def misfits(page: Any) -> dict[str, list[str]]:
    """What overlaps or makes the page wider than the screen, by width, in light and in dark."""
    found = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if width % 3 else "light", reduced_motion="reduce")
        said = page.evaluate(OVERLAPS)["said"]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            said.append(f"the page scrolls sideways: {page.evaluate(WIDE)}")
        if said:
            found[f"{page.url} at {width}"] = said
    return found
