// What all elements of worker task templates share. Classic scripts, because a sandboxed page has no origin to load
// modules with; they run before the template, so that its scripts find the elements' properties.
(() => {
  "use strict";

  const sheet = document.querySelector("link[rel=stylesheet]").href;
  const made = new WeakSet();
  let numbers = 0;

  // Attribute "JSON" is JavaScript-like: single quotes, bare keys, trailing commas, comments. Read, never evaluated.
  function loose(text) {
    if (!text || !text.trim()) return null;
    try { return JSON.parse(text); } catch { /* then as people write it */ }
    let at = 0;
    const fail = () => { throw new SyntaxError(`cannot be read at character ${at + 1}`); };
    const blank = () => {
      for (;;) {
        while (at < text.length && /\s/.test(text[at])) at += 1;
        const end = text.startsWith("//", at) ? "\n" : text.startsWith("/*", at) ? "*/" : "";
        if (!end) return;
        const found = text.indexOf(end, at + 2);
        at = found < 0 ? text.length : found + end.length;
      }
    };
    const quoted = () => {
      const quote = text[at]; let out = ""; at += 1;
      while (at < text.length && text[at] !== quote) {
        if (text[at] === "\\") {
          at += 1;
          const escapes = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };
          if (text[at] === "u") { out += String.fromCharCode(parseInt(text.slice(at + 1, at + 5), 16)); at += 5; continue; }
          out += escapes[text[at]] ?? text[at];
        } else out += text[at];
        at += 1;
      }
      if (at >= text.length) fail();
      at += 1;
      return out;
    };
    const word = () => { const found = /^[\w$.+-]+/.exec(text.slice(at, at + 200)); if (!found) fail(); at += found[0].length; return found[0]; };
    const value = (depth) => {
      if (depth > 50) fail();
      blank();
      if (text[at] === "[" || text[at] === "{") {
        const isList = text[at] === "["; const out = isList ? [] : Object.create(null); const end = isList ? "]" : "}";
        at += 1; blank();
        while (text[at] !== end) {
          if (at >= text.length) fail();
          if (isList) out.push(value(depth + 1));
          else {
            const key = text[at] === "'" || text[at] === '"' ? quoted() : word();
            blank(); if (text[at] !== ":") fail(); at += 1;
            out[key] = value(depth + 1);
          }
          blank(); if (text[at] === ",") { at += 1; blank(); } else if (text[at] !== end) fail();
        }
        at += 1;
        return isList ? out : { ...out };
      }
      if (text[at] === "'" || text[at] === '"') return quoted();
      const bare = word();
      if (bare === "true" || bare === "false") return bare === "true";
      if (bare === "null" || bare === "undefined") return null;
      return Number.isNaN(Number(bare)) ? bare : Number(bare);
    };
    const out = value(0); blank();
    if (at < text.length) fail();
    return out;
  }

  function make(tag, given = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(given)) {
      if (key in element && key !== "list") element[key] = value; else element.setAttribute(key, value);
    }
    element.append(...children);
    made.add(element);
    return element;
  }
  // True of what the elements made for themselves, which is none of the template's own.
  const isOurs = (element) => made.has(element);

  function button(words, work, given = {}) {
    const pressed = make("button", { type: "button", className: "crowd-button", textContent: words, ...given });
    pressed.addEventListener("click", work);
    return pressed;
  }

  const nameOf = (category) => typeof category === "object" && category !== null ? String(category.name ?? category.label ?? "") : String(category);

  // The frame is as high as its page, so the middle of it may be far off: a dialog opens where it was asked for, and the
  // page is made high enough for it.
  function openAt(dialog, trigger) {
    dialog.showModal();
    const top = Math.max(trigger.getBoundingClientRect().top - 20, 8);
    dialog.style.marginTop = `${top}px`;
    document.body.style.minHeight = `${top + dialog.offsetHeight + 24}px`;
    dialog.addEventListener("close", () => { document.body.style.minHeight = ""; }, { once: true });
  }

  // Its children may not be parsed yet: a template is one page, so wait for all of it.
  const waiting = [];
  document.addEventListener("DOMContentLoaded", () => {
    for (const element of waiting) element.start();
    document.dispatchEvent(new Event("all-crowd-elements-ready"));
  });

  class Crowd extends HTMLElement {
    // Properties that a template's script may have set before the element was known.
    static settable = [];
    problem = "";
    connectedCallback() {
      if (this.isKnown) return;
      this.isKnown = true;
      if (document.readyState === "loading") waiting.push(this); else this.start();
    }
    start() {
      const early = this.constructor.settable.filter((name) => Object.hasOwn(this, name)).map((name) => [name, this[name]]);
      for (const [name] of early) delete this[name];
      try { this.build(); this.isBuilt = true; } catch (error) { this.complain(error.message); }
      for (const [name, value] of early) this[name] = value;
    }
    build() {}
    attribute(name, fallback = "") { return this.getAttribute(name) ?? fallback; }
    data(name) {
      try { return loose(this.getAttribute(name)); } catch (error) { this.complain(`${name} ${error.message}`); return null; }
    }
    list(name) {
      const found = this.data(name);
      if (found !== null && !Array.isArray(found)) this.complain(`${name} is no list`);
      return Array.isArray(found) ? found : [];
    }
    // What is wrong with the element itself: the page says so, and cannot be submitted.
    complain(text) {
      if (this.problem) return;
      this.problem = `${this.localName}: ${text}`;
      (this.shadowRoot?.querySelector(".crowd-main") ?? this).append(make("p", { className: "crowd-problem", role: "alert", textContent: this.problem }));
    }
    called() { return this.attribute("header") || this.attribute("label") || this.attribute("name") || this.localName; }
    // What is missing, in words; nothing when all is there.
    missing() { return ""; }
    // Adds its part to the answer.
    answer() {}
    changed() { this.dispatchEvent(new Event("change", { bubbles: true, composed: true })); }
  }

  // An element with a layout of its own: instructions beside, a heading, and what it is about. The shadow keeps the
  // template's styles out. The two classes that begin with awsui are those that AWS's sample templates reach for.
  class Widget extends Crowd {
    layout(...area) {
      this.dataset.built = "";
      const slots = { "short-instructions": "short", "full-instructions": "full", "worker-comment": "comment" };
      for (const child of this.children) if (slots[child.localName]) child.slot = slots[child.localName];
      const has = (slot) => [...this.children].some((child) => child.slot === slot);
      const full = this.querySelector(":scope > full-instructions");
      const aside = make("nav", { className: "awsui-app-layout__navigation crowd-aside", "aria-label": "Instructions", tabIndex: 0 });
      const dialog = make("dialog", { className: "crowd-dialog" });
      const close = button("Close", () => dialog.close());
      dialog.append(make("div", { className: "awsui-modal-dialog" }, make("h2", { textContent: full?.getAttribute("header") || "Instructions" }), make("slot", { name: "full" }), close));
      if (has("short")) aside.append(make("slot", { name: "short" }));
      if (full && full.textContent.trim()) {
        const more = button("Full instructions", () => openAt(dialog, more));
        aside.append(more);
      }
      const heading = this.hasAttribute("header") ? [make("h2", { textContent: this.attribute("header") })] : [];
      this.main = make("section", { className: "crowd-main" }, ...heading, ...area);
      this.frame = make("div", { className: `crowd-widget${aside.childNodes.length ? "" : " alone"}` }, ...(aside.childNodes.length ? [aside] : []), this.main);
      const root = this.attachShadow({ mode: "open" });
      root.append(make("link", { rel: "stylesheet", href: sheet }), this.frame, dialog);
      return root;
    }
  }

  const define = (name, kind) => customElements.define(name, kind);
  const next = () => { numbers += 1; return `crowd-${numbers}`; };
  window.crowdElements = { loose, make, isOurs, button, nameOf, openAt, Crowd, Widget, define, next, sheet };
})();
