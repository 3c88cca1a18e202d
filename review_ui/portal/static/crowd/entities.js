// Marking words of a text. Offsets count Unicode code points, the end exclusive.
(() => {
  "use strict";
  const { make, button, Widget, define } = window.crowdElements;

  define("crowd-entity-annotation", class extends Widget {
    static settable = ["labels"];
    build() {
      this.words = this.attribute("text");
      if (!this.words) this.complain("there is no text to mark");
      this.isChanged = false;
      this.buttons = make("div", { className: "crowd-choices" });
      this.listed = make("ul", { className: "crowd-listed" });
      this.status = make("p", { className: "crowd-status", role: "status" });
      this.nothing = make("input", { type: "checkbox" });
      this.nothing.addEventListener("change", () => this.changed());
      const hint = make("p", { className: "crowd-hint", textContent: "Select words, then press what they are. Keys in the text: left and right move from word to word, with Shift they take in more; 1 to 9 say what it is." });
      // The text stands in the page itself, where a selection can be read in every browser.
      this.shown = make("div", { className: "crowd-text", tabIndex: 0, ariaLabel: "The text to mark", slot: "text", dir: "auto" });
      this.shown.setAttribute("role", "textbox");
      this.shown.setAttribute("aria-readonly", "true");
      this.shown.setAttribute("aria-multiline", "true");
      this.shown.addEventListener("keydown", (event) => { if (this.key(event)) event.preventDefault(); });
      const tools = make("p", {}, button("Remove the last", () => this.undo()));
      const body = [hint, this.buttons, make("slot", { name: "text" }), tools, this.listed, make("label", { className: "crowd-nothing" }, this.nothing, " Nothing to label"), this.status, make("slot")];
      // It brings a form and a button of its own, unless it stands in one.
      this.form = this.closest("crowd-form") ? null : make("crowd-form", {}, ...body);
      this.layout(...(this.form ? [this.form] : body));
      this.append(this.shown);
      this.labels = this.list("labels");
      const length = [...this.words].length;
      this.entities = this.list("initial-value").map((each) => ({ endOffset: Number(each?.endOffset), label: String(each?.label), startOffset: Number(each?.startOffset) }));
      if (this.entities.some(({ startOffset, endOffset }) => !Number.isInteger(startOffset) || !Number.isInteger(endOffset) || startOffset < 0 || endOffset > length || startOffset >= endOffset)) {
        this.entities = [];
        this.complain("initial-value has a mark that lies outside of the text");
      }
      this.draw();
    }
    get labels() { return this.offered; }
    set labels(given) {
      this.offered = [...given];
      this.buttons.replaceChildren(...this.offered.map((label, n) => {
        const made = button("", () => this.mark(n));
        made.append(String(label?.fullDisplayName ?? label?.label ?? label), " ", make("small", { textContent: n < 9 ? `${n + 1}` : "" }));
        made.addEventListener("mousedown", (event) => event.preventDefault());
        return made;
      }));
    }
    nameOf(n) { const label = this.offered[n]; return String(label?.label ?? label); }
    shortOf(name) { const label = this.offered.find((each) => String(each?.label ?? each) === name); return String(label?.shortDisplayName ?? name); }

    // What is selected, in code units of the text; null for nothing.
    selected() {
      const selection = window.getSelection();
      if (!selection.rangeCount || selection.isCollapsed) return null;
      const range = selection.getRangeAt(0);
      if (!this.shown.contains(range.startContainer) || !this.shown.contains(range.endContainer)) return null;
      const before = document.createRange();
      before.setStart(this.shown, 0); before.setEnd(range.startContainer, range.startOffset);
      const start = before.toString().length;
      return [start, start + range.toString().length];
    }
    select(start, end) {
      const place = (at) => {
        const walker = document.createTreeWalker(this.shown, NodeFilter.SHOW_TEXT);
        let node = walker.nextNode();
        for (let left = at; node; node = walker.nextNode()) {
          if (left <= node.length) return [node, left];
          left -= node.length;
        }
        return [this.shown, this.shown.childNodes.length];
      };
      const range = document.createRange();
      range.setStart(...place(start)); range.setEnd(...place(end));
      window.getSelection().removeAllRanges();
      window.getSelection().addRange(range);
      this.status.textContent = this.words.slice(start, end);
    }
    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return false;
      if (/^[1-9]$/.test(event.key)) { this.mark(Number(event.key) - 1); return true; }
      if (event.key === "Backspace" || event.key === "Delete") { this.undo(); return true; }
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step) return false;
      const words = [...this.words.matchAll(/[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu)].map((found) => [found.index, found.index + found[0].length]);
      if (!words.length) return true;
      const now = this.selected();
      const [first, last] = now ? [words.findIndex(([, end]) => end > now[0]), words.findLastIndex(([start]) => start < now[1])] : step > 0 ? [-1, -1] : [words.length, words.length];
      const within = (n) => Math.min(Math.max(n, 0), words.length - 1);
      if (event.shiftKey && now) this.select(words[first][0], words[Math.max(within(last + step), first)][1]);
      else { const to = within(step > 0 ? last + 1 : first - 1); this.select(...words[to]); }
      return true;
    }
    points(units) { return [...this.words.slice(0, units)].length; }
    mark(n) {
      const at = this.selected();
      if (!this.offered[n]) return;
      if (!at) { this.status.textContent = "Select words of the text first."; return; }
      const [startOffset, endOffset] = at.map((units) => this.points(units));
      // What was marked there before is marked anew.
      this.entities = this.entities.filter((each) => each.endOffset <= startOffset || each.startOffset >= endOffset);
      this.entities.push({ endOffset, label: this.nameOf(n), startOffset });
      this.last = this.entities.at(-1);
      this.entities.sort((one, other) => one.startOffset - other.startOffset);
      window.getSelection().removeAllRanges();
      this.nothing.checked = false;
      this.isChanged = true; this.draw(); this.changed();
    }
    undo() { this.drop(this.entities.includes(this.last) ? this.last : this.entities.at(-1)); }
    drop(entity) { this.entities = this.entities.filter((each) => each !== entity); this.isChanged = true; this.draw(); this.changed(); }
    draw() {
      const letters = [...this.words];
      const text = (from, to) => letters.slice(from, to).join("");
      const pieces = []; let at = 0;
      for (const { startOffset, endOffset, label } of this.entities) {
        if (startOffset < at) continue;
        pieces.push(text(at, startOffset), make("mark", { "data-label": this.shortOf(label), title: label, textContent: text(startOffset, endOffset) }));
        at = endOffset;
      }
      this.shown.replaceChildren(...pieces, text(at));
      this.listed.replaceChildren(...this.entities.map((entity) => {
        const words = `${entity.label}: ${text(entity.startOffset, Math.min(entity.endOffset, entity.startOffset + 60))}`;
        return make("li", {}, `${words} `, button("Remove", () => this.drop(entity), { ariaLabel: `Remove ${words}` }));
      }));
    }
    missing() {
      if (!this.entities.length && !this.nothing.checked) return `${this.called()}: mark something, or say that there is nothing to label`;
      return this.entities.length && this.nothing.checked ? `${this.called()}: there are marks, and "nothing to label" is ticked` : "";
    }
    get value() { return { entities: this.entities.map((each) => ({ ...each })) }; }
    get _submittableValue() { return this.value; }
    answer(content) { if (this.attribute("name")) content[this.attribute("name")] = this.value; }
    get state() { return { entities: this.entities, nothing: this.nothing.checked }; }
    set state(kept) {
      if (!Array.isArray(kept?.entities)) return;
      const length = [...this.words].length;
      this.entities = kept.entities.filter((each) => Number.isInteger(each?.startOffset) && Number.isInteger(each.endOffset) && each.startOffset >= 0 && each.endOffset <= length);
      this.nothing.checked = kept.nothing === true;
      this.draw();
    }
  });
})();
