// Categories to choose from: of a text, a picture, or what Rekognition found.
(() => {
  "use strict";
  const { make, nameOf, Widget, define, next, Surface, button, openAt } = window.crowdElements;

  class Classifier extends Widget {
    static settable = ["categories"];
    get isMany() { return this.localName.endsWith("multi-select"); }
    build() {
      this.comment = "";
      this.exclusion = this.exclusive();
      this.choices = make("fieldset", { className: "crowd-choices" });
      this.layout(...this.shown(), make("slot"), this.choices, ...this.commenting());
      this.categories = this.list("categories");
      if (!this.fields.length) this.complain("there are no categories to choose from");
    }
    // The picture, with what an earlier task found in it where the template has that.
    shown() {
      if (!this.hasAttribute("src")) return [];
      this.surface = new Surface({ src: this.attribute("src"), onFail: (words) => this.complain(words), isPlain: true });
      this.overlay();
      return [this.surface.element];
    }
    overlay() {
      const given = this.data("overlay") ?? {};
      if (Array.isArray(given.boundingBox?.value)) {
        this.surface.layers.push((pen) => { for (const box of given.boundingBox.value) pen.box(box.left, box.top, box.width, box.height, String(box.label ?? ""), pen.colour((given.boundingBox.labels ?? []).indexOf(box.label))); });
      }
      const earlier = given.semanticSegmentation ?? given.instanceSegmentation;
      if (!earlier) return;
      this.surface.lay(String(earlier.src ?? ""), (words) => this.complain(words));
      const named = earlier.labelMappings ? Object.entries(earlier.labelMappings).map(([label, at]) => [label, at?.color]) : (earlier.instances ?? []).map((each) => [each.label, each.color]);
      this.surface.element.append(make("ul", { className: "crowd-key" }, ...named.map(([label, colour]) => make("li", {}, this.surface.swatch(colour), String(label)))));
    }
    commenting() {
      const asked = this.querySelector(":scope > worker-comment");
      if (!asked) return [];
      const title = asked.getAttribute("header") || "Add a comment";
      this.words = make("textarea", { className: "crowd-field", rows: 4, placeholder: asked.getAttribute("placeholder") ?? "", ariaLabel: title });
      const dialog = make("dialog", { className: "crowd-dialog" }, make("h2", { textContent: title }), make("slot", { name: "comment" }), this.words);
      dialog.append(button("Done", () => dialog.close()));
      const open = button(asked.getAttribute("link-text") || "Add a comment", () => openAt(dialog, open));
      return [make("p", {}, open), dialog];
    }
    get categories() { return this.offered; }
    set categories(given) {
      const kept = new Set(this.fields ? this.chosen() : []);
      this.offered = [...given];
      const shared = next();
      const names = [...this.offered.map(nameOf), ...(this.exclusion ? [this.exclusion] : [])];
      this.fields = names.map((name) => {
        const field = make("input", { type: this.isMany ? "checkbox" : "radio", name: shared, value: name, checked: kept.has(name) });
        field.addEventListener("change", () => {
          if (this.isMany && field.checked) for (const other of this.fields) if (other !== field && (field.value === this.exclusion || other.value === this.exclusion)) other.checked = false;
          this.changed();
        });
        return field;
      });
      this.choices.replaceChildren(make("legend", { textContent: this.called(), className: "crowd-unseen" }), ...this.fields.map((field) => make("label", {}, field, ` ${field.value}`)));
    }
    exclusive() {
      const given = this.data("exclusion-category");
      return typeof given === "object" && given !== null ? String(given.text ?? "") : "";
    }
    chosen() { return this.fields.filter((field) => field.checked).map((field) => field.value); }
    missing() { return this.chosen().length ? "" : `${this.called()}: choose one`; }
    get value() {
      const labels = this.chosen().filter((name) => name !== this.exclusion || this.isMany);
      const found = this.isMany ? { labels } : { label: labels[0] };
      if (this.words?.value.trim()) found.workerComment = this.words.value.trim();
      return found;
    }
    answer(content) { if (this.attribute("name")) content[this.attribute("name")] = this.value; }
    get state() { return { chosen: this.chosen(), comment: this.words?.value ?? "" }; }
    set state(kept) {
      if (!Array.isArray(kept?.chosen)) return;
      for (const field of this.fields) field.checked = kept.chosen.includes(field.value);
      if (this.words && typeof kept.comment === "string") this.words.value = kept.comment;
    }
  }
  for (const name of ["crowd-classifier", "crowd-classifier-multi-select", "crowd-image-classifier", "crowd-image-classifier-multi-select"]) define(name, class extends Classifier {});

  // None of the labels is an answer, too, and has to be given: a page that was not looked at has none.
  define("crowd-rekognition-detect-moderation-labels", class extends Classifier {
    get isMany() { return true; }
    exclusive() { return super.exclusive() || "None of these"; }
    missing() { return this.chosen().length ? "" : "choose what applies, or that none does"; }
    answer(content) {
      const names = new Set(this.chosen());
      const moderationLabels = this.categories.filter((category) => names.has(nameOf(category)));
      content["AWS/Rekognition/DetectModerationLabels/Image/V3"] = { moderationLabels };
    }
  });
})();
