// Painting what each pixel of a picture belongs to: by label, or by single instances of labels.
(() => {
  "use strict";
  const { make, button, define, next, OnPicture, colourOf, isColour } = window.crowdElements;

  const MOST_PIXELS = 50e6;
  const MOST_REGIONS = 255; // one byte a pixel
  const OPAQUE = 255;

  // One byte a pixel: which region it belongs to, from 1; 0 for none. Nothing is blurred at edges, so that each pixel of
  // the answer has exactly one region's colour.
  class Mask {
    constructor(width, height) { Object.assign(this, { width, height, bytes: new Uint8Array(width * height) }); this.clean(); }
    clean() { this.left = this.width; this.top = this.height; this.right = -1; this.bottom = -1; }
    touch(left, top, right, bottom) {
      this.left = Math.min(this.left, left); this.top = Math.min(this.top, top);
      this.right = Math.max(this.right, right); this.bottom = Math.max(this.bottom, bottom);
    }
    row(y, from, to, region) {
      const [left, right] = [Math.max(Math.ceil(from), 0), Math.min(Math.floor(to), this.width - 1)];
      if (y < 0 || y >= this.height || left > right) return;
      this.bytes.fill(region, y * this.width + left, y * this.width + right + 1);
      this.touch(left, y, right, y);
    }
    stamp({ x, y }, radius, region) {
      for (let dy = -Math.ceil(radius); dy <= radius; dy += 1) {
        const half = Math.sqrt(radius * radius - dy * dy);
        if (half >= 0) this.row(Math.round(y) + dy, x - half, x + half, region);
      }
    }
    stroke(from, to, radius, region) {
      const steps = Math.max(Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / Math.max(radius / 3, .5)), 1);
      for (let n = 0; n <= steps; n += 1) this.stamp({ x: from.x + (to.x - from.x) * n / steps, y: from.y + (to.y - from.y) * n / steps }, radius, region);
    }
    // Even-odd, by the middle of each row.
    fill(points, region) {
      const ys = points.map((point) => point.y);
      for (let y = Math.max(Math.floor(Math.min(...ys)), 0); y <= Math.min(Math.ceil(Math.max(...ys)), this.height - 1); y += 1) {
        const crossed = [];
        points.forEach((one, n) => {
          const other = points[(n + 1) % points.length];
          if ((one.y > y + .5) !== (other.y > y + .5)) crossed.push(one.x + (y + .5 - one.y) / (other.y - one.y) * (other.x - one.x));
        });
        crossed.sort((a, b) => a - b);
        for (let n = 0; n + 1 < crossed.length; n += 2) this.row(y, crossed[n] - .5, crossed[n + 1] - .5, region);
      }
    }
    cut(left, top, right, bottom) {
      const width = right - left + 1; const out = new Uint8Array(width * (bottom - top + 1));
      for (let y = top; y <= bottom; y += 1) out.set(this.bytes.subarray(y * this.width + left, y * this.width + right + 1), (y - top) * width);
      return out;
    }
    paste({ left, top, right, bottom, bytes }) {
      const width = right - left + 1;
      for (let y = top; y <= bottom; y += 1) this.bytes.set(bytes.subarray((y - top) * width, (y - top + 1) * width), y * this.width + left);
      this.touch(left, top, right, bottom);
    }
  }

  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

  class Painter extends OnPicture {
    hint = "Choose a label, then paint: with the brush, or a polygon corner by corner.";
    build() {
      this.regions = []; this.tool = "brush"; this.open = []; this.isChanged = false;
      super.build();
      const shared = next();
      const tools = make("fieldset", { className: "crowd-choices" }, make("legend", { textContent: "Tool", className: "crowd-unseen" }));
      for (const [tool, words] of [["brush", "Brush"], ["polygon", "Polygon"], ["eraser", "Eraser"]]) {
        const field = make("input", { type: "radio", name: shared, checked: tool === this.tool });
        field.addEventListener("change", () => { this.tool = tool; this.open = []; this.surface.draw(); });
        tools.append(make("label", {}, field, ` ${words}`));
      }
      this.radius = make("input", { type: "range", min: 1, max: 100, value: 12, ariaLabel: "Size of the brush, in pixels of the picture" });
      this.surface.tools.append(tools, make("label", { className: "crowd-size" }, "Size ", this.radius), button("Fill the polygon", () => { this.finish(); this.surface.draw(); }));
    }
    ready() {
      const { width, height } = this.surface;
      if (width * height > MOST_PIXELS) { this.complain(`the picture has more than ${MOST_PIXELS / 1e6} million pixels`); return; }
      this.mask = new Mask(width, height);
      this.surface.paint.width = width; this.surface.paint.height = height;
      this.radius.max = Math.max(Math.round(Math.max(width, height) / 8), 2);
      this.radius.value = Math.max(Math.round(Math.max(width, height) / 60), 1);
      const given = this.data("initial-value");
      if (given) this.begin(given);
      if (this.kept) { const kept = this.kept; this.kept = null; this.state = kept; }
    }
    // What an earlier task painted: its picture, and which colour stands for what.
    begin(given) {
      const named = this.regionsIn(given);
      if (!named || !given.src) { this.complain("initial-value has no regions, or no src"); return; }
      this.regions = named;
      this.load(String(given.src), () => this.complain("the earlier result cannot be read"));
    }
    load(src, onFail) {
      const image = new Image();
      this.isLoading = true;
      image.crossOrigin = "anonymous";
      image.addEventListener("error", onFail, { once: true });
      image.addEventListener("load", () => {
        const { width, height } = this.mask;
        const canvas = make("canvas", { width, height });
        const context = canvas.getContext("2d", { willReadFrequently: true });
        context.imageSmoothingEnabled = false;
        context.drawImage(image, 0, 0, width, height);
        const { data } = context.getImageData(0, 0, width, height);
        const by = new Map(this.regions.map(({ colour }, n) => { const [r, g, b] = parts(colour); return [(r << 16) | (g << 8) | b, n + 1]; }));
        for (let n = 0; n < this.mask.bytes.length; n += 1) {
          if (data[4 * n + 3] > 127) this.mask.bytes[n] = by.get((data[4 * n] << 16) | (data[4 * n + 1] << 8) | data[4 * n + 2]) ?? 0;
        }
        this.mask.touch(0, 0, width - 1, height - 1);
        this.isLoading = false;
        this.relist(); this.render();
      }, { once: true });
      image.src = src;
    }
    render() {
      const { left, top, right, bottom } = this.mask;
      if (right < left) return;
      const [width, height] = [right - left + 1, bottom - top + 1];
      this.surface.paint.getContext("2d").putImageData(new ImageData(this.coloured(this.mask.cut(left, top, right, bottom)), width, height), left, top);
      this.mask.clean();
    }
    coloured(bytes) {
      const out = new Uint8ClampedArray(bytes.length * 4);
      const colours = this.regions.map(({ colour }) => parts(colour));
      for (let n = 0; n < bytes.length; n += 1) {
        const colour = colours[bytes[n] - 1];
        if (colour) { out[4 * n] = colour[0]; out[4 * n + 1] = colour[1]; out[4 * n + 2] = colour[2]; out[4 * n + 3] = OPAQUE; }
      }
      return out;
    }
    // The painted pixels as a PNG in base 64, in the picture's size; what belongs to nothing is transparent.
    png() {
      const { width, height, bytes } = this.mask;
      const canvas = make("canvas", { width, height });
      canvas.getContext("2d").putImageData(new ImageData(this.coloured(bytes), width, height), 0, 0);
      return canvas.toDataURL("image/png").slice("data:image/png;base64,".length);
    }
    isEmpty() { return !this.mask || !this.mask.bytes.some(Boolean); }
    missing() {
      if (this.isLoading) return `${this.called()}: the earlier result is not there yet`;
      return this.open.length ? `${this.called()}: a polygon is not filled yet` : super.missing();
    }

    // A stroke is one step to take back.
    lift() { this.lifted = this.mask.bytes.slice(); this.span = null; }
    spread() {
      const { left, top, right, bottom } = this.mask;
      if (right < left) return;
      const span = this.span;
      this.span = span ? [Math.min(span[0], left), Math.min(span[1], top), Math.max(span[2], right), Math.max(span[3], bottom)] : [left, top, right, bottom];
      this.render();
    }
    settle() {
      if (!this.span) return;
      const [left, top, right, bottom] = this.span;
      const { width, height } = this.mask;
      const before = Object.assign(new Mask(1, 1), { width, height, bytes: this.lifted });
      this.past.note({ left, top, right, bottom, bytes: before.cut(left, top, right, bottom) });
      this.lifted = null; this.isChanged = true; this.nothing.checked = false;
      this.changed();
    }
    swap(step) {
      const now = { ...step, bytes: this.mask.cut(step.left, step.top, step.right, step.bottom) };
      this.mask.paste(step); this.render();
      return now;
    }
    undo() { if (this.open.length) this.open.pop(); else this.past.undo((step) => this.swap(step)); this.surface.draw(); this.changed(); }
    redo() { this.past.redo((step) => this.swap(step)); this.changed(); }

    down(place) {
      if (!this.mask) return;
      if (this.tool === "polygon") {
        if (this.open.length > 2 && this.surface.apart(this.open[0], place) < 9) this.finish(); else this.place(place);
        return;
      }
      const region = this.region();
      if (region < 0) return;
      this.lift();
      this.stroke = { at: place, region };
      this.mask.stamp(place, Number(this.radius.value), region);
      this.spread();
    }
    move(place, isDown) {
      this.hover = place;
      if (!isDown || !this.stroke) return;
      this.mask.stroke(this.stroke.at, place, Number(this.radius.value), this.stroke.region);
      this.stroke.at = place;
      this.spread();
    }
    up() { if (this.stroke) { this.stroke = null; this.settle(); } }
    place(place) {
      if (!this.mask) return;
      if (this.tool === "polygon") {
        const last = this.open.at(-1);
        if (this.needLabel() && !(last && this.surface.apart(last, place) <= 2)) { this.open.push(place); this.surface.say(`Corner ${this.open.length}: ${place.x}, ${place.y}`); }
        return;
      }
      this.down(place); this.up();
    }
    finish() {
      if (this.tool !== "polygon" || !this.open.length) return false;
      if (this.open.length < 3) { this.surface.say(`3 corners make a polygon; this has ${this.open.length}.`); return true; }
      const region = this.region();
      if (region < 0) return true;
      this.lift();
      this.mask.fill(this.open, region);
      this.open = [];
      this.spread(); this.settle();
      this.surface.say("Filled.");
      return true;
    }
    cancel() { this.open = []; }
    back() { this.undo(); }
    // The number to paint with, 0 to rub out, -1 when there is no label.
    region() { return this.tool === "eraser" ? 0 : this.needLabel() ? this.regionFor(this.label()) : -1; }
    draw(pen) {
      const colour = this.colour(this.label());
      if (this.tool === "polygon") {
        const ahead = this.surface.cross ?? this.hover;
        if (this.open.length) pen.path(ahead ? [...this.open, ahead] : this.open, { colour, isClosed: true });
        for (const corner of this.open) pen.dot(corner, colour);
      } else {
        const at = this.surface.cross ?? this.hover;
        if (!at) return;
        const { context, scale } = pen;
        context.beginPath(); context.arc(at.x, at.y, Number(this.radius.value), 0, 2 * Math.PI);
        context.strokeStyle = colour; context.lineWidth = 2 / scale; context.stroke();
      }
    }
    relist() {}
    get state() {
      if (!this.mask) return null;
      return { png: this.isEmpty() ? "" : this.png(), regions: this.regions, labels: this.offered, nothing: this.nothing.checked, isChanged: this.isChanged };
    }
    set state(kept) {
      if (!Array.isArray(kept?.regions)) return;
      if (!this.mask) { this.kept = kept; return; }
      if (Array.isArray(kept.labels)) this.labels = kept.labels;
      this.regions = kept.regions.filter((each) => isColour(each?.colour)).map((each) => ({ label: String(each.label), colour: each.colour }));
      this.isChanged = kept.isChanged === true; this.nothing.checked = kept.nothing === true;
      if (typeof kept.png === "string" && kept.png) this.load(`data:image/png;base64,${kept.png}`, () => { this.isLoading = false; });
      this.relist();
    }
  }

  define("crowd-semantic-segmentation", class extends Painter {
    regionsIn(given) {
      const named = given.labelMappings;
      if (typeof named !== "object" || named === null) return null;
      const read = Object.entries(named).map(([label, at]) => ({ label, colour: String(at?.color).toLowerCase() }));
      return read.length <= MOST_REGIONS && read.every(({ colour }) => isColour(colour)) ? read : null;
    }
    // A label has one colour, which no other has.
    regionFor(label) {
      const there = this.regions.findIndex((each) => each.label === label);
      if (there >= 0) return there + 1;
      if (this.regions.length >= MOST_REGIONS) { this.surface.say("There are as many labels as a picture can have."); return -1; }
      this.regions.push({ label, colour: this.free(this.offered.indexOf(label)) });
      return this.regions.length;
    }
    free(wanted) {
      const taken = new Set(this.regions.map(({ colour }) => colour));
      for (let n = wanted; ; n += 1) if (!taken.has(colourOf(n))) return colourOf(n);
    }
    colour(label) { return this.regions?.find((each) => each.label === label)?.colour ?? super.colour(label); }
    get value() {
      for (const label of this.offered) this.regionFor(label);
      const found = {
        inputImageProperties: this.size(),
        labelMappings: Object.fromEntries(this.regions.map(({ label, colour }) => [label, { color: colour }])),
        labeledImage: { pngImageData: this.mask ? this.png() : "" },
      };
      if (this.hasAttribute("initial-value")) found.initialValueModified = this.isChanged;
      return found;
    }
  });

  define("crowd-instance-segmentation", class extends Painter {
    regionsIn(given) {
      if (!Array.isArray(given.instances)) return null;
      const read = given.instances.map((each) => ({ label: String(each?.label), colour: String(each?.color).toLowerCase() }));
      return read.length <= MOST_REGIONS && read.every(({ colour }) => isColour(colour)) ? read : null;
    }
    build() {
      super.build();
      // The list of instances grows while somebody paints: below the picture, so that it does not move.
      this.choices.after(button("Add an instance", () => this.add()));
      this.relist();
    }
    // The instance that is painted: the chosen one of this label, or its last.
    regionFor(label) {
      if (this.regions[this.current]?.label !== label) this.current = this.regions.findLastIndex((each) => each.label === label);
      return this.current >= 0 ? this.current + 1 : this.add();
    }
    add() {
      if (!this.needLabel()) return -1;
      if (this.regions.length >= MOST_REGIONS) { this.surface.say("There are as many instances as a picture can have."); return -1; }
      const taken = new Set(this.regions.map(({ colour }) => colour));
      let n = this.regions.length;
      while (taken.has(colourOf(n))) n += 1;
      this.regions.push({ label: this.label(), colour: colourOf(n) });
      this.current = this.regions.length - 1;
      this.relist();
      return this.regions.length;
    }
    chose() { this.current = -1; this.relist(); }
    colour(label) { return this.regions?.[this.current]?.label === label ? this.regions[this.current].colour : super.colour(label); }
    relist() {
      const numbers = {};
      this.listed.replaceChildren(...this.regions.map(({ label, colour }, n) => {
        numbers[label] = (numbers[label] ?? 0) + 1;
        const made = button(`${label} ${numbers[label]}`, () => {
          this.current = n;
          const field = [...this.choices.querySelectorAll("input")].find((each) => each.value === label);
          if (field) field.checked = true;
          this.relist();
        }, { ariaPressed: String(n === this.current) });
        made.prepend(this.surface.swatch(colour), " ");
        return made;
      }));
    }
    get value() {
      const painted = new Set(this.mask?.bytes);
      const instances = this.regions.filter((each, n) => painted.has(n + 1)).map(({ label, colour }) => ({ color: colour, label }));
      return { inputImageProperties: this.size(), instances, labeledImage: { pngImageData: this.mask ? this.png() : "" } };
    }
  });
})();
