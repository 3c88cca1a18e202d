// Fields: a line, an area, a slider, what is ticked.
(() => {
  "use strict";
  const { make, Crowd, define, next } = window.crowdElements;

  // Every attribute that means the same in HTML, by AWS's name for it.
  const SAME = { placeholder: "placeholder", "max-length": "maxlength", maxlength: "maxlength", "min-length": "minlength", min: "min", max: "max", step: "step", rows: "rows" };

  class Field extends Crowd {
    static settable = ["value", "disabled"];
    static observedAttributes = ["disabled"];
    build() {
      this.dataset.built = "";
      this.field = this.input();
      this.field.id = next();
      this.field.className = "crowd-field";
      for (const [name, same] of Object.entries(SAME)) if (this.hasAttribute(name)) this.field.setAttribute(same, this.attribute(name));
      this.field.disabled = this.hasAttribute("disabled");
      if (this.attribute("type") === "file") this.complain("files cannot be handed in here");
      if (this.hasAttribute("value")) this.field.value = this.attribute("value");
      this.said = make("p", { className: "crowd-problem", id: next() });
      this.field.setAttribute("aria-describedby", this.said.id);
      this.field.required = this.hasAttribute("required");
      this.append(make("label", { className: "crowd-label", htmlFor: this.field.id, textContent: this.attribute("label", this.attribute("name")) }), this.field, this.said);
      if (this.hasAttribute("auto-validate")) this.validate();
      if (this.hasAttribute("char-counter")) this.count();
      if (this.hasAttribute("auto-focus")) this.field.focus();
    }
    input() { return make("input", { type: this.attribute("type", "text") }); }
    // Characters that the pattern does not allow are ignored as they are typed. A pattern may be of any making, so it is
    // held against one character at a time.
    validate() {
      let allowed = null;
      if (this.hasAttribute("allowed-pattern")) {
        try { allowed = new RegExp(`^(?:${this.attribute("allowed-pattern")})$`, "u"); } catch { this.complain("allowed-pattern is no regular expression"); return; }
      }
      this.field.addEventListener("input", (event) => {
        if (!event.isComposing && allowed) {
          const kept = [...this.field.value].filter((letter) => letter === "\n" || allowed.test(letter)).join("");
          this.wasCut = kept !== this.field.value;
          if (this.wasCut) this.field.value = kept;
        }
        this.tell();
      });
    }
    wrong() {
      const { field } = this;
      if (field.minLength > 0 && field.value !== "" && [...field.value].length < field.minLength) return this.attribute("error-message", `at least ${field.minLength} characters`);
      return field.value !== "" && !field.checkValidity() ? this.attribute("error-message", field.validationMessage) : "";
    }
    tell() {
      const wrong = this.wrong() || (this.wasCut ? this.attribute("error-message") : "");
      this.said.textContent = wrong;
      this.field.setAttribute("aria-invalid", String(wrong !== ""));
    }
    count() {
      const shown = make("p", { className: "crowd-count" });
      const count = () => { shown.textContent = `${[...this.field.value].length}${this.field.maxLength > 0 ? ` / ${this.field.maxLength}` : ""}`; };
      this.field.addEventListener("input", count);
      this.append(shown);
      count();
    }
    attributeChangedCallback() { if (this.field) this.field.disabled = this.hasAttribute("disabled"); }
    missing() {
      if (this.field.disabled) return "";
      if (this.hasAttribute("required") && !this.field.value.trim()) return `${this.called()} is wanted`;
      const wrong = this.wrong();
      return wrong ? `${this.called()}: ${wrong}` : "";
    }
    answer(content) { if (this.attribute("name") && this.field.value !== "") content[this.attribute("name")] = this.field.value; }
    get value() { return this.field?.value ?? this.attribute("value"); }
    set value(text) { if (this.field) this.field.value = text ?? ""; else this.setAttribute("value", text ?? ""); }
    get disabled() { return this.hasAttribute("disabled"); }
    set disabled(is) { this.toggleAttribute("disabled", Boolean(is)); }
    get state() { return this.field.value; }
    set state(kept) { if (typeof kept === "string") this.field.value = kept; }
  }
  define("crowd-input", Field);
  define("crowd-text-area", class extends Field {
    input() {
      const area = make("textarea");
      // As high as what is written, up to max-rows.
      const most = Number(this.attribute("max-rows")) || 30;
      const grow = () => { area.rows = Math.min(Math.max(Number(this.attribute("rows")) || 2, area.value.split("\n").length), most); };
      area.addEventListener("input", grow);
      return area;
    }
  });

  // One that nobody moved says nothing, unless the template gave it a value.
  define("crowd-slider", class extends Field {
    input() { return make("input", { type: "range" }); }
    build() {
      super.build();
      this.isMoved = this.hasAttribute("value");
      if (!this.isMoved) this.field.value = String((Number(this.field.min || 0) + Number(this.field.max || 100)) / 2);
      const shown = make("output", { className: "crowd-count", htmlFor: this.field.id });
      const exact = this.hasAttribute("editable") ? make("input", { type: "number", className: "crowd-field", min: this.field.min, max: this.field.max, step: this.field.step, ariaLabel: `${this.called()}, as a number` }) : null;
      const show = () => { shown.textContent = this.isMoved ? this.field.value : ""; if (exact && this.isMoved) exact.value = this.field.value; };
      for (const event of ["input", "change", "pointerdown", "keydown"]) this.field.addEventListener(event, (happened) => { if (happened.key !== "Tab") this.isMoved = true; show(); });
      exact?.addEventListener("change", () => { this.field.value = exact.value; this.isMoved = exact.value !== ""; show(); this.changed(); });
      const ends = make("div", { className: "crowd-ends", ariaHidden: "true" }, make("span", { textContent: this.field.min || "0" }), make("span", { textContent: this.field.max || "100" }));
      this.field.after(ends, shown, ...(exact ? [exact] : []));
      this.show = show;
      show();
    }
    missing() { return this.hasAttribute("required") && !this.isMoved && !this.field.disabled ? `${this.called()} is wanted: move the slider` : ""; }
    answer(content) { if (this.isMoved) super.answer(content); }
    get value() { return super.value; }
    set value(text) { super.value = text; if (this.field) { this.isMoved = true; this.show(); } }
    get state() { return this.isMoved ? this.field.value : null; }
    set state(kept) { if (typeof kept === "string") this.value = kept; }
  });
  define("crowd-slider-label", class extends Crowd {});

  class Choice extends Crowd {
    static settable = ["checked", "disabled"];
    static observedAttributes = ["disabled"];
    build() {
      this.dataset.built = "";
      const group = this.closest("crowd-radio-group");
      const shared = this.kind === "radio" ? `crowd-${group ? (group.number ??= next()) : this.attribute("name")}` : "";
      this.field = make("input", { type: this.kind, name: shared, checked: this.hasAttribute("checked"), disabled: this.hasAttribute("disabled") });
      if (this.localName === "crowd-toggle-button") this.field.setAttribute("role", "switch");
      const label = make("label", {}, this.field, " ");
      label.append(...this.childNodes);
      if (!label.textContent.trim()) label.append(this.attribute("value", this.attribute("name")));
      this.append(label);
    }
    attributeChangedCallback() { if (this.field) this.field.disabled = this.hasAttribute("disabled"); }
    get checked() { return this.field?.checked ?? this.hasAttribute("checked"); }
    set checked(is) { if (this.field) this.field.checked = is; else this.toggleAttribute("checked", Boolean(is)); }
    get value() { return this.attribute("value", "on"); }
    get disabled() { return this.hasAttribute("disabled"); }
    set disabled(is) { this.toggleAttribute("disabled", Boolean(is)); }
    missing() {
      if (!this.hasAttribute("required")) return "";
      const group = [...document.querySelectorAll(this.localName)].filter((each) => each.attribute("name") === this.attribute("name"));
      return group.some((each) => each.checked) ? "" : `${this.textContent.trim() || this.attribute("name")} is wanted`;
    }
    answer(content) {
      if (!this.attribute("name")) return;
      const chosen = content[this.attribute("name")];
      const into = typeof chosen === "object" && chosen !== null ? chosen : content[this.attribute("name")] = {};
      into[this.attribute("value", "on")] = this.checked;
    }
    get state() { return this.checked; }
    set state(kept) { this.checked = kept === true; }
  }
  define("crowd-radio-button", class extends Choice { get kind() { return "radio"; } });
  define("crowd-checkbox", class extends Choice { get kind() { return "checkbox"; } });
  define("crowd-toggle-button", class extends Choice { get kind() { return "checkbox"; } });
  define("crowd-radio-group", class extends Crowd {
    build() { this.setAttribute("role", "radiogroup"); }
    get value() { return [...this.querySelectorAll("crowd-radio-button")].find((each) => each.checked)?.value ?? ""; }
  });
})();
