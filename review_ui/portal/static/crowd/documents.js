// Key-value pairs that Textract read from a document, to be checked and corrected.
(() => {
  "use strict";
  const { make, button, Widget, define, next, Surface } = window.crowdElements;

  const TYPE = "AWS/Textract/AnalyzeDocument/Forms/V1";

  // An id in the form of Textract's; crypto.randomUUID is only there where pages came over TLS.
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40; bytes[8] = (bytes[8] & 0x3f) | 0x80;
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  define("crowd-textract-analyze-document", class extends Widget {
    build() {
      const types = this.list("block-types");
      this.surface = new Surface({ src: this.attribute("src"), isPlain: true, onFail: (words) => this.complain(words) });
      this.surface.layers.push((pen) => this.draw(pen));
      this.pairs = make("div", { className: "crowd-pairs" });
      this.layout(make("div", { className: "crowd-beside" }, this.surface.element, this.pairs), make("slot"));
      const other = types.find((type) => type !== "KEY_VALUE_SET");
      if (other !== undefined) { this.complain(`block-types has ${other}; only KEY_VALUE_SET can be checked`); return; }
      const blocks = this.list("initial-value").filter((block) => typeof block === "object" && block !== null);
      this.byId = new Map(blocks.map((block) => [String(block.id), block]));
      this.rows = blocks.filter((block) => block.blockType === "KEY_VALUE_SET" && (block.entityTypes ?? []).includes("KEY")).map((key) => this.rowOf(key));
      this.rows.push(...this.list("keys").map((wanted) => this.rowFor(wanted)).filter(Boolean));
      if (!this.rows.length) { this.complain("there are no key-value pairs to check"); return; }
      this.pairs.replaceChildren(...this.rows.map((row) => row.element));
    }
    linked(block, type) {
      return (block.relationships ?? []).filter((each) => each?.type === type).flatMap((each) => each.ids ?? []).map((id) => this.byId.get(String(id))).filter(Boolean);
    }
    // A block's words: its own, or those of the words and boxes in it.
    textOf(block) {
      if (typeof block.text === "string") return block.text;
      return this.linked(block, "CHILD").map((each) => each.text ?? (each.selectionStatus === "SELECTED" ? "X" : "")).filter(Boolean).join(" ");
    }
    rowOf(key) {
      const values = this.linked(key, "VALUE");
      return this.show({ key, values, name: this.textOf(key), value: values.map((each) => this.textOf(each)).join(" "), isFound: true });
    }
    // A key that has to be there: unless one of its names was read, the reviewer looks for it.
    rowFor(wanted) {
      if (typeof wanted?.importantFormKey !== "string") return null;
      const names = [wanted.importantFormKey, ...(Array.isArray(wanted.importantFormKeyAliases) ? wanted.importantFormKeyAliases : [])].map((each) => String(each).trim().toLowerCase());
      if (this.rows.some((row) => names.includes(row.name.trim().toLowerCase()))) return null;
      return this.show({ key: null, values: [], name: wanted.importantFormKey, value: "", isFound: false });
    }
    show(row) {
      const shared = next();
      const canEditKey = row.isFound && !this.hasAttribute("no-key-edit");
      row.nameField = make("input", { className: "crowd-field", value: row.name, readOnly: !canEditKey, ariaLabel: "Key" });
      row.valueField = make("input", { className: "crowd-field", value: row.value, ariaLabel: `Value of ${row.name || "the key"}` });
      row.choice = make("fieldset", { className: "crowd-choices" }, make("legend", { className: "crowd-unseen", textContent: row.name }));
      const offered = row.isFound ? [["pair", "Yes"], ["none", "No"], ["blank", "Value is blank"]] : [["pair", "Found"], ["absent", "Key not found"], ["blank", "Value is blank"]];
      row.fields = offered.map(([value, words]) => {
        const field = make("input", { type: "radio", name: shared, value });
        field.addEventListener("change", () => { row.valueField.disabled = value !== "pair"; this.changed(); });
        row.choice.append(make("label", {}, field, ` ${words}`));
        return field;
      });
      const asked = make("p", { className: "crowd-hint", textContent: row.isFound ? "Is this a valid pair?" : "Look for this key in the document." });
      const sure = row.isFound && Number.isFinite(row.key.confidence) ? [make("p", { className: "crowd-count", textContent: `${row.key.confidence.toFixed(1)} %` })] : [];
      row.element = make("section", { className: "crowd-pair" }, row.nameField, row.valueField, ...sure, asked, row.choice);
      for (const event of ["focusin", "pointerdown"]) row.element.addEventListener(event, () => { this.chosen = row; this.surface.draw(); });
      return row;
    }
    draw(pen) {
      for (const row of this.rows ?? []) {
        const isChosen = row === this.chosen;
        [row.key, ...row.values].forEach((block, n) => {
          const box = block?.geometry?.boundingBox;
          const [left, top, width, height] = ["left", "top", "width", "height"].map((side) => Number(box?.[side]));
          if (![left, top, width, height].every(Number.isFinite)) return;
          const { surface } = this;
          pen.box(left * surface.width, top * surface.height, width * surface.width, height * surface.height, isChosen ? (n ? "value" : "key") : "", pen.colour(n ? 2 : 0), isChosen);
        });
      }
    }
    chosenIn(row) { return row.fields.find((field) => field.checked)?.value ?? ""; }
    missing() {
      if (!this.surface.isReady) return `${this.called()}: the document is not there yet`;
      const open = this.rows.find((row) => !this.chosenIn(row));
      if (open) return `${open.name || "a key without words"}: say whether it is right`;
      const empty = this.rows.find((row) => this.chosenIn(row) === "pair" && !row.valueField.value.trim());
      return empty ? `${empty.name}: the value is empty; say that it is blank, or write it` : "";
    }
    // Blocks as AWS documents the answer: pairs that hold, with the words that people gave them.
    blocks() {
      return this.rows.flatMap((row) => {
        const chosen = this.chosenIn(row);
        if (chosen !== "pair" && chosen !== "blank") return [];
        const words = chosen === "blank" ? "" : row.valueField.value;
        const kept = (block, entityTypes, text, relationships) => ({ blockType: "KEY_VALUE_SET", id: block ? String(block.id) : newId(), relationships, entityTypes, text });
        const [first, ...rest] = row.values;
        const value = kept(first, ["VALUE"], words, first?.relationships ?? []);
        const more = rest.map((block) => kept(block, ["VALUE"], "", block.relationships ?? []));
        const links = (row.key?.relationships ?? []).filter((each) => each?.type !== "VALUE");
        const key = kept(row.key, ["KEY"], row.nameField.value, [...links, { type: "VALUE", ids: [value, ...more].map((each) => each.id) }]);
        return [key, value, ...more];
      });
    }
    answer(content) { content[TYPE] = { blocks: this.blocks() }; }
    get value() { return { blocks: this.blocks() }; }
    get state() { return { rows: (this.rows ?? []).map((row) => [row.nameField.value, row.valueField.value, this.chosenIn(row)]) }; }
    set state(kept) {
      if (!Array.isArray(kept?.rows) || kept.rows.length !== this.rows?.length) return;
      kept.rows.forEach(([name, value, chosen], n) => {
        const row = this.rows[n];
        row.nameField.value = String(name); row.valueField.value = String(value);
        for (const field of row.fields) field.checked = field.value === chosen;
        row.valueField.disabled = chosen !== "" && chosen !== "pair";
      });
    }
  });
})();
