// Boxes, points, lines and polygons on a picture, in its pixels.
(() => {
  "use strict";
  const { make, button, nameOf, Widget, define, next, Surface, Past, colourOf, isColour } = window.crowdElements;

  const NEAR = 9; // CSS pixels within which a corner is taken hold of
  const MOST_POINTS = 10000;

  // What all tools on a picture have: labels to choose from, "nothing to label", undo, and the picture.
  class OnPicture extends Widget {
    static settable = ["labels"];
    hint = "";
    build() {
      this.past = new Past();
      this.choices = make("fieldset", { className: "crowd-choices" });
      this.nothing = make("input", { type: "checkbox" });
      this.nothing.addEventListener("change", () => this.changed());
      this.surface = new Surface({ src: this.attribute("src"), tool: this, words: this.hint, onReady: () => this.ready(), onFail: (words) => this.complain(words) });
      this.surface.layers.push((pen) => this.draw(pen));
      this.surface.tools.append(button("Undo", () => this.undo()), button("Redo", () => this.redo()));
      this.listed = make("ul", { className: "crowd-listed" });
      this.layout(this.choices, this.surface.element, this.listed, make("label", { className: "crowd-nothing" }, this.nothing, " Nothing to label"), make("slot"));
      this.labels = this.list("labels");
    }
    ready() {}
    get labels() { return this.offered; }
    set labels(given) {
      const chosen = this.label();
      this.offered = [...given].map(nameOf);
      const shared = next();
      this.choices.replaceChildren(make("legend", { textContent: "Label", className: "crowd-unseen" }), ...this.offered.map((label, n) => {
        const field = make("input", { type: "radio", name: shared, value: label, checked: label === chosen || (n === 0 && !this.offered.includes(chosen)) });
        field.addEventListener("change", () => this.chose?.());
        return make("label", {}, field, this.surface.swatch(this.colour(label)), ` ${label}`);
      }));
      this.relist?.();
      this.surface.draw();
    }
    label() { return this.choices.querySelector(":checked")?.value ?? ""; }
    pick(number) {
      const field = this.choices.querySelectorAll("input")[number];
      if (field) { field.checked = true; this.chose?.(); this.surface.say(this.label()); }
    }
    needLabel() {
      if (this.label()) return true;
      this.surface.say("There is no label to choose yet.");
      return false;
    }
    colour(label) {
      const number = this.offered?.indexOf(label) ?? -1;
      const own = (this.colours ??= this.list("label-colors"))[number];
      return isColour(own) ? own : colourOf(number);
    }
    size() { return { height: this.surface.height, width: this.surface.width }; }
    missing() {
      if (!this.surface.isReady) return `${this.called()}: the picture is not there yet`;
      if (this.isEmpty() && !this.nothing.checked) return `${this.called()}: mark something, or say that there is nothing to label`;
      return !this.isEmpty() && this.nothing.checked ? `${this.called()}: there are marks, and "nothing to label" is ticked` : "";
    }
    get _submittableValue() { return this.value; }
    answer(content) { if (this.attribute("name")) content[this.attribute("name")] = this.value; }
  }

  class Shapes extends OnPicture {
    build() {
      this.shapes = []; this.open = []; this.chosen = -1; this.isChanged = false;
      super.build();
      if (this.most > 2) this.surface.tools.append(button("End the shape", () => { this.finish(); this.surface.draw(); }));
      this.surface.tools.append(button("Remove", () => this.back(), { title: "The chosen mark, or the last point" }));
    }
    ready() {
      const given = this.data("initial-value");
      const first = Array.isArray(given) ? given : given?.[this.key] ?? [];
      if (!Array.isArray(first)) { this.complain("initial-value is no list"); return; }
      const read = first.map((each) => ({ label: nameOf(each?.label ?? ""), vertices: this.read(each) }));
      if (read.some((shape) => !shape.vertices)) { this.complain("initial-value has a mark without a place"); return; }
      // AWS draws none whose label is not offered.
      this.shapes = read.filter((shape) => this.offered.includes(shape.label));
      if (this.shapes.length < read.length) this.surface.say(`${read.length - this.shapes.length} of the earlier marks have no label that is offered, and are left out.`);
      if (this.kept) { const kept = this.kept; this.kept = null; this.state = kept; }
      this.relist();
    }
    read(given) {
      const read = Array.isArray(given?.vertices) ? given.vertices.slice(0, MOST_POINTS).map(({ x, y }) => ({ x: Number(x), y: Number(y) })) : null;
      return read && read.length >= this.least && read.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)) ? read : null;
    }
    write({ label, vertices }) { return { label, vertices: vertices.map(({ x, y }) => ({ x, y })) }; }
    get value() {
      const found = { inputImageProperties: this.size(), [this.key]: this.shapes.map((shape) => this.write(shape)) };
      if (this.tellsChange && this.hasAttribute("initial-value")) found.initialValueModified = this.isChanged;
      return found;
    }
    isEmpty() { return !this.shapes.length; }
    missing() { return this.open.length ? `${this.called()}: a shape is not ended yet` : super.missing(); }

    // Every change can be taken back.
    snap() { return JSON.stringify([this.shapes, this.open, this.isChanged]); }
    swap(step) { const now = this.snap(); [this.shapes, this.open, this.isChanged] = JSON.parse(step); this.chosen = -1; this.relist(); return now; }
    undo() { this.past.undo((step) => this.swap(step)); this.surface.draw(); this.changed(); }
    redo() { this.past.redo((step) => this.swap(step)); this.surface.draw(); this.changed(); }
    note() { this.past.note(this.snap()); }

    // A pointer that is pressed: takes hold of a corner, or sets a point.
    down(place) {
      const held = this.open.length ? null : this.near(place);
      if (held) {
        this.chosen = held.shape; this.hold = { ...held, from: this.snap(), isMoved: false };
        this.relist();
        return;
      }
      if (this.most > 2 && this.isClosed && this.open.length >= this.least && this.surface.apart(this.open[0], place) <= NEAR) { this.finish(); return; }
      const was = this.open.length;
      if (was && this.surface.apart(this.open.at(-1), place) <= 2) return; // the second press of a double click
      this.pressed = place;
      this.place(place);
      this.began = !was && this.open.length === 1;
    }
    move(place, isDown) {
      this.hover = place;
      if (!this.hold || !isDown) return;
      this.hold.isMoved = true;
      const { vertices } = this.shapes[this.hold.shape];
      if (this.isBox) vertices.splice(0, 2, this.hold.across, place);
      else vertices[this.hold.vertex] = place;
    }
    up(place) {
      if (this.hold) {
        if (this.hold.isMoved) { this.past.note(this.hold.from); this.isChanged = true; this.relist(); this.changed(); }
        this.hold = null;
        return;
      }
      // Pressed, drawn and let go is a box or a line at once.
      if (this.most === 2 && this.began && this.surface.apart(this.pressed, place) > 3) this.place(place);
      this.began = false;
    }
    near(place) {
      for (let shape = this.shapes.length - 1; shape >= 0; shape -= 1) {
        const corners = this.corners(this.shapes[shape]);
        const vertex = corners.findIndex((corner) => this.surface.apart(corner, place) <= NEAR);
        if (vertex >= 0) return { shape, vertex, across: this.isBox ? corners[(vertex + 2) % 4] : null };
      }
      return null;
    }
    corners({ vertices }) {
      if (!this.isBox) return vertices;
      const [one, other] = vertices;
      return [one, { x: other.x, y: one.y }, other, { x: one.x, y: other.y }];
    }

    place(place) {
      if (!this.needLabel() || this.open.length >= MOST_POINTS) return;
      const last = this.open.at(-1);
      if (last && last.x === place.x && last.y === place.y) return;
      if (this.isBox && last && (last.x === place.x || last.y === place.y)) return;
      this.note();
      this.open.push({ x: place.x, y: place.y });
      this.surface.say(`Point ${this.open.length}: ${place.x}, ${place.y}`);
      if (this.open.length >= this.most) this.finish(true);
    }
    // True when there was something to end.
    finish(isNoted = false) {
      if (!this.open.length) return false;
      if (this.open.length < this.least) { this.surface.say(`${this.least} points make one; this has ${this.open.length}.`); return true; }
      if (!isNoted) this.note();
      this.shapes.push({ label: this.label(), vertices: this.open });
      this.open = []; this.isChanged = true; this.chosen = this.shapes.length - 1; this.nothing.checked = false;
      this.relist();
      this.surface.say(this.told(this.shapes.at(-1)));
      this.changed();
      return true;
    }
    cancel() { if (this.open.length) { this.note(); this.open = []; } this.chosen = -1; this.relist(); }
    back() {
      if (this.open.length) { this.note(); this.open.pop(); this.surface.draw(); return; }
      this.drop(this.chosen >= 0 ? this.chosen : this.shapes.length - 1);
    }
    drop(number) {
      if (!this.shapes[number]) return;
      this.note();
      this.shapes.splice(number, 1);
      this.isChanged = true; this.chosen = -1;
      this.relist(); this.surface.draw(); this.changed();
    }

    told(shape) { return `${shape.label}: ${shape.vertices.length} points`; }
    relist() {
      this.listed.replaceChildren(...this.shapes.map((shape, n) => make("li", {},
        button(this.told(shape), () => { this.chosen = this.chosen === n ? -1 : n; this.relist(); this.surface.draw(); }, { ariaPressed: String(this.chosen === n) }),
        button("Remove", () => this.drop(n), { ariaLabel: `Remove ${this.told(shape)}` }))));
    }
    draw(pen) {
      this.shapes.forEach((shape, n) => this.drawShape(pen, shape, n === this.chosen));
      if (!this.open.length) return;
      const colour = this.colour(this.label());
      const ahead = this.surface.cross ?? this.hover;
      if (this.isBox && ahead) pen.path(this.corners({ vertices: [this.open[0], ahead] }), { colour, isClosed: true });
      else pen.path(ahead && this.open.length < this.most ? [...this.open, ahead] : this.open, { colour });
      for (const corner of this.open) pen.dot(corner, colour);
    }
    drawShape(pen, shape, isChosen) {
      const colour = this.colour(shape.label);
      const corners = this.corners(shape);
      if (this.most > 1) pen.path(corners, { colour, isClosed: this.isClosed, isFilled: this.isClosed, isChosen });
      if (this.most === 1 || isChosen || !this.isClosed) for (const corner of corners) pen.dot(corner, colour, isChosen);
      const top = corners.reduce((best, each) => (each.y < best.y ? each : best));
      pen.words(shape.label, this.isBox ? { x: Math.min(corners[0].x, corners[2].x), y: top.y } : { x: top.x, y: top.y - (this.most === 1 ? 8 / pen.scale : 0) }, colour);
    }
    get state() { return { shapes: this.shapes, nothing: this.nothing.checked, isChanged: this.isChanged, labels: this.offered }; }
    set state(kept) {
      if (!Array.isArray(kept?.shapes)) return;
      if (!this.surface.isReady) { this.kept = kept; return; }
      this.shapes = kept.shapes.map((each) => ({ label: String(each?.label), vertices: this.read(each) })).filter((each) => each.vertices);
      if (Array.isArray(kept.labels)) this.labels = kept.labels;
      this.isChanged = kept.isChanged === true; this.nothing.checked = kept.nothing === true;
      this.relist(); this.surface.draw();
    }
  }

  define("crowd-bounding-box", class extends Shapes {
    key = "boundingBoxes"; least = 2; most = 2; isBox = true; isClosed = true; tellsChange = true;
    hint = "Choose a label, then draw a box; drag a corner to change it.";
    read(given) {
      if (Array.isArray(given?.vertices)) return super.read(given);
      const [left, top, width, height] = ["left", "top", "width", "height"].map((side) => Number(given?.[side]));
      return [left, top, width, height].every(Number.isFinite) ? [{ x: left, y: top }, { x: left + width, y: top + height }] : null;
    }
    write({ label, vertices: [one, other] }) {
      return { height: Math.abs(one.y - other.y), label, left: Math.min(one.x, other.x), top: Math.min(one.y, other.y), width: Math.abs(one.x - other.x) };
    }
    told(shape) { const { width, height } = this.write(shape); return `${shape.label}: ${width} × ${height}`; }
  });
  define("crowd-keypoint", class extends Shapes {
    key = "keypoints"; least = 1; most = 1;
    hint = "Choose a label, then press where it is; drag a point to move it.";
    read(given) { return super.read(Array.isArray(given?.vertices) ? given : { vertices: [{ x: given?.x, y: given?.y }] }); }
    write({ label, vertices: [{ x, y }] }) { return { label, x, y }; }
    told({ label, vertices: [{ x, y }] }) { return `${label}: ${x}, ${y}`; }
  });
  define("crowd-line", class extends Shapes {
    key = "lines"; least = 2; most = 2; tellsChange = true;
    hint = "Choose a label, then draw a line from end to end.";
    told({ label, vertices: [one, other] }) { return `${label}: ${one.x}, ${one.y} to ${other.x}, ${other.y}`; }
  });
  define("crowd-polyline", class extends Shapes {
    key = "polylines"; least = 2; most = Infinity; tellsChange = true;
    hint = "Choose a label, press at each bend, and end with Enter or a double click.";
  });
  define("crowd-polygon", class extends Shapes {
    key = "polygons"; least = 3; most = Infinity; isClosed = true;
    hint = "Choose a label, press at each corner, and end at the first one, with Enter or a double click.";
  });

  Object.assign(window.crowdElements, { OnPicture });
})();
