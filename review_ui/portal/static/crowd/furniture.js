// Elements that show something and answer nothing.
(() => {
  "use strict";
  const { make, button, openAt, Crowd, define, next } = window.crowdElements;

  const isAddress = (text) => /^(https?:|data:image\/|\/)/.test(text);
  // AWS's icons are drawings of a set that is not shipped here: the name stands in words.
  function icon(name) {
    if (isAddress(name)) return make("img", { src: name, alt: "", className: "crowd-icon" });
    return make("span", { className: "crowd-icon", textContent: name.replace(/^[^:]*:/, "").replaceAll("-", " ") });
  }
  define("iron-icon", class extends Crowd { build() { if (this.hasAttribute("icon")) this.prepend(icon(this.attribute("icon"))); } });

  // Buttons: the element itself is clicked, so that a template's onclick hears it.
  class Button extends Crowd {
    static settable = ["disabled"];
    static observedAttributes = ["disabled", "loading"];
    build() {
      const variant = this.attribute("variant") || (this.attribute("form-action") === "submit" ? "primary" : "normal");
      const isLink = this.hasAttribute("href");
      const href = isLink ? { href: this.attribute("href"), rel: "noopener noreferrer", ...(this.hasAttribute("target") ? { target: this.attribute("target") } : {}) } : { type: "button" };
      this.inner = make(isLink ? "a" : "button", { className: `crowd-button ${variant}`, ...href });
      this.inner.append(...this.content());
      this.append(this.inner);
      this.attributeChangedCallback();
      const action = this.attribute("form-action");
      this.addEventListener("click", (event) => {
        const form = this.closest("crowd-form") ?? this.getRootNode().host?.closest("crowd-form") ?? document.querySelector("crowd-form") ?? document.querySelector("crowd-entity-annotation")?.form;
        if (event.defaultPrevented || this.inner.disabled) return;
        if (action === "submit") form?.submit();
        if (action === "reset") form?.reset();
      });
    }
    content() {
      const words = [...this.childNodes];
      const given = this.attribute("icon-url") || this.attribute("icon");
      if (!given) return words;
      if (this.attribute("variant") === "icon") this.inner.setAttribute("aria-label", this.textContent.trim() || given);
      const shown = icon(given);
      return this.attribute("icon-align") === "right" ? [...words, shown] : [shown, ...words];
    }
    attributeChangedCallback() {
      if (!this.inner) return;
      this.inner.disabled = this.hasAttribute("disabled") || this.hasAttribute("loading");
      this.inner.setAttribute("aria-busy", String(this.hasAttribute("loading")));
    }
    get disabled() { return this.hasAttribute("disabled"); }
    set disabled(is) { this.toggleAttribute("disabled", Boolean(is)); }
  }
  define("crowd-button", Button);
  class IconButton extends Button {
    content() {
      const name = this.attribute("icon") || this.attribute("label") || "•";
      this.inner.setAttribute("aria-label", this.attribute("title") || name.replaceAll("-", " "));
      this.inner.classList.add("round");
      const rest = [...this.childNodes];
      this.append(...rest);
      return [this.hasAttribute("icon") ? icon(name) : make("span", { textContent: name })];
    }
  }
  define("crowd-icon-button", class extends IconButton {});
  define("crowd-fab", class extends IconButton {});

  define("crowd-badge", class extends Crowd {
    build() {
      const shown = make("span", { className: "crowd-mark" });
      const name = this.attribute("icon");
      shown.append(name ? icon(name) : this.attribute("label"));
      const owner = this.hasAttribute("for") ? document.getElementById(this.attribute("for")) : this.parentElement;
      if (!owner) { this.prepend(shown); return; }
      if (getComputedStyle(owner).position === "static") owner.style.position = "relative";
      owner.append(shown);
    }
  });

  define("crowd-card", class extends Crowd {
    build() {
      if (this.hasAttribute("image")) this.prepend(make("img", { src: this.attribute("image"), alt: "" }));
      if (this.hasAttribute("heading")) this.prepend(make("h3", { textContent: this.attribute("heading") }));
    }
  });

  define("crowd-alert", class extends Crowd {
    build() {
      const kind = ["success", "error", "warning"].includes(this.attribute("type")) ? this.attribute("type") : "info";
      this.classList.add(`crowd-${kind}`);
      this.setAttribute("role", kind === "error" || kind === "warning" ? "alert" : "status");
      if (this.hasAttribute("dismissible")) this.append(button("Close", () => { this.hidden = true; }));
    }
  });

  // A notice that goes by itself. Only one is seen at a time.
  define("crowd-toast", class extends Crowd {
    static observedAttributes = ["opened"];
    build() {
      this.setAttribute("role", "status");
      if (this.hasAttribute("text")) this.append(this.attribute("text"));
      this.isReady = true;
      this.attributeChangedCallback();
    }
    attributeChangedCallback() {
      if (!this.isReady) return;
      clearTimeout(this.timer);
      if (!this.hasAttribute("opened")) return;
      for (const other of document.querySelectorAll("crowd-toast[opened]")) if (other !== this) other.close();
      this.timer = setTimeout(() => this.close(), Number(this.attribute("duration")) || 3000);
    }
    open() { this.setAttribute("opened", ""); }
    show() { this.open(); }
    close() { this.removeAttribute("opened"); }
    get opened() { return this.hasAttribute("opened"); }
    set opened(is) { this.toggleAttribute("opened", Boolean(is)); }
  });

  // Something that opens over the page, from a link or a button.
  class Opening extends Crowd {
    build() {
      this.dialog = make("dialog", { className: "crowd-dialog" });
      this.dialog.append(...this.content(), button("Close", () => this.dialog.close()));
      const isButton = this.attribute("link-type") === "button";
      this.trigger = button(this.attribute("link-text", this.opens), () => this.open(), isButton ? {} : { className: "crowd-link" });
      this.append(this.trigger, this.dialog);
    }
    content() { return [...this.childNodes]; }
    open() { if (!this.dialog.open) openAt(this.dialog, this.trigger); }
    show() { this.open(); }
    close() { this.dialog.close(); }
    get opened() { return this.dialog?.open ?? false; }
    set opened(is) { if (is) this.open(); else this.close(); }
  }
  define("crowd-modal", class extends Opening { opens = "Click to open modal"; });

  // Tabs: arrows move between them, as the ARIA pattern has it.
  function tabbed(pages) {
    const bar = make("div", { className: "crowd-choices", role: "tablist" });
    const show = (chosen) => pages.forEach(([, page], n) => {
      page.hidden = n !== chosen;
      bar.children[n].setAttribute("aria-selected", String(n === chosen));
      bar.children[n].tabIndex = n === chosen ? 0 : -1;
    });
    pages.forEach(([words, page], n) => {
      const tab = button(words, () => show(n), { id: next() });
      tab.setAttribute("role", "tab");
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const to = (n + step + pages.length) % pages.length;
        show(to); bar.children[to].focus();
      });
      page.id ||= next();
      tab.setAttribute("aria-controls", page.id);
      page.setAttribute("role", "tabpanel");
      page.setAttribute("aria-labelledby", tab.id);
      bar.append(tab);
    });
    if (pages.length) show(0);
    return bar;
  }
  define("crowd-tabs", class extends Crowd {
    build() { this.prepend(tabbed([...this.querySelectorAll(":scope > crowd-tab")].map((tab) => [tab.getAttribute("header") ?? "Tab", tab]))); }
  });
  define("crowd-tab", class extends Crowd {});

  define("crowd-instructions", class extends Opening {
    opens = "Click for instructions";
    content() {
      const of = (...names) => [...this.children].filter((child) => names.includes(child.localName));
      const pages = [["Summary", of("short-summary")], ["Detailed Instructions", of("detailed-instructions")], ["Examples", of("positive-example", "negative-example")]];
      const filled = pages.filter(([, inside]) => inside.length).map(([words, inside]) => [words, make("div", {}, ...inside)]);
      const rest = [...this.childNodes];
      return [tabbed(filled), ...filled.map(([, page]) => page), ...rest];
    }
  });
  for (const [name, title] of [["positive-example", "A good example"], ["negative-example", "A bad example"]]) {
    define(name, class extends Crowd { build() { this.prepend(make("strong", { textContent: title })); } });
  }
  // In a form of its own they fold up; in an element that has a place for them they are shown there.
  define("full-instructions", class extends Crowd {
    build() {
      if (this.slot || !this.textContent.trim()) return;
      const details = make("details", {}, make("summary", { textContent: this.attribute("header") || "Full instructions" }));
      details.append(...this.childNodes);
      this.append(details);
    }
  });
})();
