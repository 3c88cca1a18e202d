// A picture to point at: zoom, a cross hair for the keyboard, undo. All places are in whole pixels of the picture.
(() => {
  "use strict";
  const { make, button, next } = window.crowdElements;

  // D3's ten categorical colours, in the order in which AWS's documented answers have them.
  const COLOURS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"];
  const HIGHEST = 640; // CSS pixels of a picture that is not zoomed
  const ZOOMS = [1, 1.5, 2, 3, 4, 6, 8];
  const MOST_BACKING = 4096; // pixels of a canvas's side: zoomed further, it is drawn coarser
  const MOST_UNDO = 100;

  // Further colours, each unlike the last, once the ten are used up.
  function colourOf(number) {
    if (number < 0) return COLOURS[0];
    if (number < COLOURS.length) return COLOURS[number];
    const part = (shift) => ((number * 2654435761) >>> shift) & 0xff;
    return `#${[part(0), part(8), part(16)].map((each) => each.toString(16).padStart(2, "0")).join("")}`;
  }
  const isColour = (text) => /^#[0-9a-f]{6}$/i.test(String(text));

  // Draws in the picture's pixels, with lines as thick as they look on the screen.
  class Pen {
    constructor(context, scale) { this.context = context; this.scale = scale; }
    colour(number) { return colourOf(number); }
    path(points, { colour, isClosed = false, isFilled = false, isChosen = false }) {
      const { context } = this;
      context.beginPath();
      points.forEach(({ x, y }, n) => (n ? context.lineTo(x, y) : context.moveTo(x, y)));
      if (isClosed) context.closePath();
      if (isFilled) { context.globalAlpha = .25; context.fillStyle = colour; context.fill(); context.globalAlpha = 1; }
      // A dark line under the coloured one is seen on any picture.
      for (const [style, width] of [["rgb(0 0 0 / .6)", isChosen ? 6 : 4], [colour, isChosen ? 4 : 2]]) {
        context.strokeStyle = style; context.lineWidth = width / this.scale; context.stroke();
      }
    }
    dot({ x, y }, colour, isChosen = false) {
      const { context } = this;
      context.beginPath(); context.arc(x, y, (isChosen ? 7 : 5) / this.scale, 0, 2 * Math.PI);
      context.fillStyle = colour; context.fill();
      context.strokeStyle = "#fff"; context.lineWidth = 1.5 / this.scale; context.stroke();
    }
    words(text, { x, y }, colour) {
      const { context, scale } = this;
      context.font = `600 ${13 / scale}px system-ui, sans-serif`;
      const width = context.measureText(text).width + 8 / scale;
      const top = Math.max(y - 18 / scale, 0);
      context.fillStyle = colour; context.fillRect(x, top, width, 18 / scale);
      context.fillStyle = "#fff"; context.textBaseline = "middle"; context.fillText(text, x + 4 / scale, top + 9 / scale);
    }
    box(left, top, width, height, words, colour, isChosen = false) {
      const [right, bottom] = [left + width, top + height];
      this.path([{ x: left, y: top }, { x: right, y: top }, { x: right, y: bottom }, { x: left, y: bottom }], { colour, isClosed: true, isFilled: true, isChosen });
      if (words) this.words(words, { x: left, y: top }, colour);
    }
  }

  class Surface {
    // `tool` has what happens: down, move, up with a place and the event; place, finish, cancel, back, pick for keys.
    constructor({ src, onReady = () => {}, onFail = () => {}, tool = null, isPlain = false, words = "" }) {
      Object.assign(this, { tool, isPlain, layers: [], zoom: 0, isReady: false, cross: null });
      this.image = make("img", { alt: isPlain ? "The picture" : "", draggable: false });
      this.paint = make("canvas", { className: "crowd-paint" });
      this.canvas = make("canvas", { className: "upper-canvas" });
      this.stage = make("div", { className: "crowd-canvas" }, this.image, this.paint, this.canvas);
      this.view = make("div", { className: "crowd-view" }, this.stage);
      this.status = make("p", { className: "crowd-status", role: "status" });
      this.tools = make("div", { className: "crowd-tools" });
      this.element = make("div", { className: "crowd-surface" }, this.tools, this.view, this.status);
      this.tools.append(button("−", () => this.zoomBy(-1), { ariaLabel: "Zoom out" }), button("+", () => this.zoomBy(1), { ariaLabel: "Zoom in" }));
      if (!isPlain) this.listen(words);
      this.view.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? 1 : -1);
      }, { passive: false });
      this.image.addEventListener("load", () => {
        this.width = this.image.naturalWidth; this.height = this.image.naturalHeight;
        if (!this.width || !this.height) return onFail("the picture has no size of its own");
        this.isReady = true;
        onReady();
        this.fit();
        return undefined;
      }, { once: true });
      this.image.addEventListener("error", () => onFail("the picture cannot be loaded"), { once: true });
      if (src) this.image.src = src; else queueMicrotask(() => onFail("there is no picture: src is empty"));
      new ResizeObserver(() => this.fit()).observe(this.view);
    }
    swatch(colour) {
      const made = make("i", { className: "crowd-swatch" });
      if (isColour(colour)) made.style.background = colour;
      return made;
    }
    say(words) { this.status.textContent = words; }

    // Size
    zoomBy(step) { this.zoom = Math.min(Math.max(this.zoom + step, 0), ZOOMS.length - 1); this.fit(); }
    fit() {
      if (!this.isReady || !this.view.clientWidth) return;
      const base = Math.min(this.view.clientWidth, Math.max(HIGHEST * this.width / this.height, 40));
      const width = base * ZOOMS[this.zoom];
      this.stage.style.width = `${width}px`;
      this.stage.style.height = `${width * this.height / this.width}px`;
      this.shown = width / this.width;
      const dense = Math.min(window.devicePixelRatio || 1, 2);
      const most = MOST_BACKING / Math.max(width, width * this.height / this.width);
      const by = Math.min(dense, most);
      this.canvas.width = Math.round(width * by);
      this.canvas.height = Math.round(width * this.height / this.width * by);
      this.draw();
    }
    draw() {
      if (!this.isReady || !this.canvas.width) return;
      const context = this.canvas.getContext("2d");
      const by = this.canvas.width / this.width;
      context.setTransform(by, 0, 0, this.canvas.height / this.height, 0, 0);
      context.clearRect(0, 0, this.width, this.height);
      const pen = new Pen(context, this.shown);
      for (const layer of this.layers) layer(pen);
      if (this.cross) this.drawCross(context);
    }
    drawCross(context) {
      const { x, y } = this.cross;
      for (const [style, width] of [["#000", 3], ["#fff", 1]]) {
        context.strokeStyle = style; context.lineWidth = width / this.shown;
        context.beginPath();
        context.moveTo(x, 0); context.lineTo(x, this.height); context.moveTo(0, y); context.lineTo(this.width, y);
        context.stroke();
      }
    }
    // Another picture over this one, such as what an earlier task painted.
    lay(src, onFail) {
      const over = make("img", { className: "crowd-over", alt: "" });
      over.addEventListener("error", () => onFail("the earlier result cannot be loaded"), { once: true });
      this.image.after(over);
      over.src = src;
    }

    // Places
    at(event) {
      const area = this.canvas.getBoundingClientRect();
      const within = (value, most) => Math.round(Math.min(Math.max(value, 0), most));
      return { x: within((event.clientX - area.left) / area.width * this.width, this.width), y: within((event.clientY - area.top) / area.height * this.height, this.height) };
    }
    // How far two places are apart on the screen, in CSS pixels.
    apart(one, other) { return Math.hypot(one.x - other.x, one.y - other.y) * this.shown; }

    listen(words) {
      const { canvas } = this;
      canvas.tabIndex = 0;
      canvas.setAttribute("role", "application");
      const help = make("p", { className: "crowd-hint", id: next(), textContent: `${words} Keys: arrows move the cross hair (with Shift far, with Alt by one pixel), Space sets a point, Enter ends a shape, Backspace takes back, 1 to 9 choose a label, + and - zoom.` });
      canvas.setAttribute("aria-label", "The picture to mark");
      canvas.setAttribute("aria-describedby", help.id);
      this.element.append(help);
      canvas.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || !this.isReady) return;
        this.cross = null;
        canvas.setPointerCapture(event.pointerId);
        canvas.focus({ preventScroll: true });
        this.isDown = true;
        this.tool.down(this.at(event), event);
        this.draw();
      });
      canvas.addEventListener("pointermove", (event) => { if (this.isReady) { this.tool.move(this.at(event), this.isDown); this.draw(); } });
      for (const end of ["pointerup", "pointercancel"]) {
        canvas.addEventListener(end, (event) => {
          if (!this.isDown) return;
          this.isDown = false;
          this.tool.up(this.at(event));
          this.draw();
        });
      }
      canvas.addEventListener("dblclick", () => { this.tool.finish(); this.draw(); });
      canvas.addEventListener("blur", () => { this.cross = null; this.draw(); });
      canvas.addEventListener("keydown", (event) => { if (this.isReady && this.key(event)) { event.preventDefault(); event.stopPropagation(); this.draw(); } });
    }
    key(event) {
      const { tool } = this;
      if (event.ctrlKey || event.metaKey) {
        if (event.key === "z" || event.key === "Z") { if (event.shiftKey) tool.redo(); else tool.undo(); return true; }
        if (event.key === "y") { tool.redo(); return true; }
        return false;
      }
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (moves[event.key]) {
        const step = event.altKey ? 1 : Math.max(1, Math.round(Math.max(this.width, this.height) / 100)) * (event.shiftKey ? 10 : 1);
        const from = this.cross ?? { x: Math.round(this.width / 2), y: Math.round(this.height / 2) };
        const [dx, dy] = this.cross ? moves[event.key] : [0, 0];
        this.cross = { x: Math.min(Math.max(from.x + dx * step, 0), this.width), y: Math.min(Math.max(from.y + dy * step, 0), this.height) };
        tool.move(this.cross, false);
        this.say(`${this.cross.x}, ${this.cross.y}`);
        return true;
      }
      if (event.key === " ") { this.cross ??= { x: Math.round(this.width / 2), y: Math.round(this.height / 2) }; tool.place(this.cross); return true; }
      if (event.key === "Enter") { if (!tool.finish() && this.cross) tool.place(this.cross); return true; }
      if (event.key === "Escape") { tool.cancel(); return true; }
      if (event.key === "Backspace" || event.key === "Delete") { tool.back(); return true; }
      if (event.key === "+" || event.key === "-") { this.zoomBy(event.key === "+" ? 1 : -1); return true; }
      if (/^[1-9]$/.test(event.key)) { tool.pick(Number(event.key) - 1); return true; }
      return false;
    }
  }

  // What was done, to be taken back and done again.
  class Past {
    constructor() { this.before = []; this.after = []; }
    note(step) { this.before.push(step); if (this.before.length > MOST_UNDO) this.before.shift(); this.after = []; }
    undo(swap) { const step = this.before.pop(); if (step !== undefined) this.after.push(swap(step)); }
    redo(swap) { const step = this.after.pop(); if (step !== undefined) this.before.push(swap(step)); }
  }

  Object.assign(window.crowdElements, { Surface, Past, colourOf, isColour });
})();
