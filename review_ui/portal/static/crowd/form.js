// The form around all, and what the page has to do with the portal that shows it.
(() => {
  "use strict";
  const { make, isOurs, button, Crowd, define } = window.crowdElements;

  const tell = (message) => window.parent.postMessage(message, "*");
  const NATIVE = "input, textarea, select";

  class Form extends Crowd {
    build() {
      const host = this.getRootNode().host;
      this.owner = host instanceof Crowd ? host : null;
      this.inside = this.owner ? make("div") : this;
      this.alert = make("p", { className: "crowd-problem", role: "alert" });
      const buttons = this.querySelectorAll("crowd-button[form-action=submit], button[type=submit], input[type=submit]");
      if (this.owner) this.append(this.inside);
      this.append(this.alert);
      if (!buttons.length) this.append(make("p", {}, button("Submit", () => this.submit(), { className: "crowd-button primary" })));
      for (const each of buttons) if (each.localName !== "crowd-button") each.addEventListener("click", (event) => { event.preventDefault(); this.submit(); });
      document.addEventListener("keydown", (event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit();
      });
    }
    // A template's script may put questions of its own into the form of an element that brings one.
    get form() { return this.inside; }
    // Everything that may answer, in the order of the page.
    parts() {
      const here = this.owner ? [this.owner, ...this.owner.querySelectorAll("*"), ...this.querySelectorAll("*")] : [...document.querySelectorAll("*")];
      return here.filter((each) => each instanceof Crowd || (each.matches(NATIVE) && each.name && !isOurs(each)));
    }
    wrong(parts) {
      const unknown = unknownElements();
      if (unknown.length) return `This page cannot be submitted: ${unknown.join(", ")} is not offered here. Skip the task.`;
      const shut = document.querySelector(".crowd-shut");
      if (shut) return `This page cannot be submitted: ${shut.textContent}`;
      for (const part of parts) {
        const missing = part instanceof Crowd ? part.problem || (part.isBuilt ? part.missing() : "") : nativeProblem(part);
        if (missing) return missing;
      }
      return "";
    }
    submit() {
      const parts = this.parts();
      this.alert.textContent = this.wrong(parts);
      if (this.alert.textContent) { this.alert.scrollIntoView({ block: "center" }); return; }
      const event = new Event("submit", { cancelable: true, bubbles: true });
      if (!this.dispatchEvent(event)) return;
      const content = {};
      for (const part of parts) if (part instanceof Crowd) part.answer(content); else nativeAnswer(part, content);
      tell({ kind: "answer", content });
    }
    reset() { tell({ kind: "draft", state: null }); window.location.reload(); }
  }
  define("crowd-form", Form);

  function nativeProblem(field) {
    if (field.type === "file") return `${field.name}: files cannot be handed in here`;
    return field.checkValidity() ? "" : `${field.labels?.[0]?.textContent.trim() || field.name}: ${field.validationMessage}`;
  }
  function nativeAnswer(field, content) {
    if (field.type === "checkbox" || field.type === "radio") {
      const there = content[field.name];
      const into = typeof there === "object" && there !== null ? there : content[field.name] = {};
      into[field.value] = field.checked;
    } else if (field.multiple && field.options) content[field.name] = [...field.selectedOptions].map((option) => option.value);
    else if (field.value !== "" && !["submit", "button", "reset", "image"].includes(field.type)) content[field.name] = field.value;
  }
  // Elements that there are at AWS, or in a typing error, and not here: nobody could answer them.
  function unknownElements() {
    return [...new Set([...document.querySelectorAll("*")].map((each) => each.localName).filter((name) => name.startsWith("crowd-") && !customElements.get(name)))];
  }

  // Frames that may not be shown say so where they would stand; what the service granted opens in a tab of its own.
  const allowed = new Set((document.querySelector("meta[name=crowd-frames]")?.content ?? "").split(" ").filter(Boolean));
  const own = document.querySelector("meta[name=crowd-own]")?.content ?? "";
  function watchFrames() {
    for (const frame of document.querySelectorAll("iframe, frame, embed, object")) {
      const src = frame.getAttribute("src") ?? frame.getAttribute("data") ?? "";
      if (frame.hasAttribute("srcdoc")) continue;
      let address = null;
      try { address = new URL(src); } catch { /* no address of a host, then */ }
      if (address && address.protocol === "https:" && allowed.has(address.host)) continue;
      const note = make("p", { className: "crowd-note" });
      if (address && own && address.href.startsWith(own)) {
        // Documents are not drawn in a sandbox: a reviewer opens them, and cannot answer before.
        note.classList.add("crowd-shut");
        const words = make("span", { textContent: "The document has to be opened first. " });
        note.append(words, button("Open the document", () => {
          note.classList.remove("crowd-shut");
          words.textContent = "";
          tell({ kind: "open", href: address.href });
        }));
      } else {
        note.classList.add("crowd-shut");
        note.textContent = address ? `Pages of ${address.host || address.protocol} are not allowed in this template. Its owner can allow them: the tag moderation:frame-hosts.` : "A frame of this page has no address.";
      }
      frame.replaceWith(note);
    }
  }

  // Links leave the sandbox through the portal, which shows where they lead.
  document.addEventListener("click", (event) => {
    const link = event.composedPath().find((each) => each instanceof Element && each.matches?.("a[href]"));
    if (!link || event.defaultPrevented || !/^https?:$/.test(link.protocol) || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    tell({ kind: "open", href: link.href });
  });

  // What was typed is kept by the portal, in this tab: the sandbox has nothing to keep it in.
  const fields = () => [...document.querySelectorAll("*")].filter((each) => (each instanceof Crowd && "state" in each) || (each.matches(NATIVE) && each.type !== "hidden" && each.type !== "file" && !isOurs(each)));
  const stateOf = (field) => {
    if (field instanceof Crowd) return field.isBuilt ? field.state : null;
    return field.type === "checkbox" || field.type === "radio" ? field.checked : field.multiple && field.options ? [...field.selectedOptions].map((option) => option.value) : field.value;
  };
  function restoreTo(field, kept) {
    if (field instanceof Crowd) { if (field.isBuilt && kept !== null) field.state = kept; }
    else if (field.type === "checkbox" || field.type === "radio") field.checked = kept === true;
    else if (Array.isArray(kept) && field.options) for (const option of field.options) option.selected = kept.includes(option.value);
    else if (typeof kept === "string") field.value = kept;
    (field instanceof Crowd ? field.field ?? field : field).dispatchEvent(new Event("input", { bubbles: true }));
  }
  // Only onto the same fields: a template that was changed meanwhile begins anew.
  const shapeOf = () => fields().map((field) => `${field.localName} ${field.getAttribute("name") ?? ""}`).join("\n");
  let timer = 0;
  let isRestoring = false;
  function keep() {
    if (isRestoring) return;
    clearTimeout(timer);
    timer = setTimeout(() => tell({ kind: "draft", state: { shape: shapeOf(), kept: fields().map(stateOf) } }), 300);
  }
  for (const event of ["input", "change"]) document.addEventListener(event, keep);

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || typeof event.data !== "object" || event.data === null) return;
    if (event.data.kind === "veil") document.documentElement.style.setProperty("--veil", String(event.data.filter));
    if (event.data.kind === "restore" && Array.isArray(event.data.state?.kept) && event.data.state.shape === shapeOf()) {
      isRestoring = true;
      fields().forEach((field, n) => restoreTo(field, event.data.state.kept[n]));
      isRestoring = false;
    }
  });

  document.addEventListener("all-crowd-elements-ready", () => {
    const unknown = unknownElements();
    if (unknown.length) document.body.prepend(make("p", { className: "crowd-problem", role: "alert", textContent: `${unknown.join(", ")}: not offered here. This page cannot be submitted; skip the task and tell its author.` }));
    watchFrames();
    tell({ kind: "ready" });
  });

  // As high as what it holds. What is measured in the frame's height (vh) grows with it and asks for more each time, so
  // without a hand at work there is an end to that.
  const MOST_IN_A_ROW = 12;
  let inARow = 0;
  let last = 0;
  function height() {
    const now = Math.ceil(document.documentElement.getBoundingClientRect().height) + 16;
    if (now === last || inARow >= MOST_IN_A_ROW) return;
    last = now; inARow += 1;
    tell({ kind: "height", height: now });
  }
  for (const event of ["pointerdown", "keydown", "input"]) document.addEventListener(event, () => { inARow = 0; }, { capture: true, passive: true });
  new ResizeObserver(height).observe(document.documentElement);
  const anew = () => { inARow = 0; height(); };
  // Pictures come one by one, and each makes room for itself: that is no page which grows by itself.
  document.addEventListener("load", anew, { capture: true });
  document.addEventListener("all-crowd-elements-ready", anew);
  window.addEventListener("load", anew);
})();
