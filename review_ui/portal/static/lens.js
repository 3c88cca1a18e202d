// A round window in the veil, to see a part and not the whole: under the pointer, or moved by the arrow keys.
const STEP = 4; // percent of the picture

class Lens {
  constructor(figure) {
    [this.figure, this.canvas, this.x, this.y] = [figure, figure.querySelector(".canvas"), 50, 50];
    figure.addEventListener("pointermove", (event) => {
      const box = this.canvas.getBoundingClientRect();
      this.to(((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100);
    });
  }

  turn(on) {
    if (!on) this.pane?.remove();
    this.pane = on ? this.canvas.querySelector("img").cloneNode() : null;
    if (!on) return;
    Object.assign(this.pane, { className: "lens", alt: "" });
    this.canvas.querySelector("img").after(this.pane);
    this.to(this.x, this.y);
  }

  to(x, y) {
    [this.x, this.y] = [x, y].map((at) => Math.min(Math.max(at, 0), 100));
    this.pane?.style.setProperty("--x", `${this.x}%`);
    this.pane?.style.setProperty("--y", `${this.y}%`);
  }
}

// Gives the actions by key. `beyond`: what the arrow keys do while there is no window.
export function watchLens(beyond) {
  const button = document.getElementById("lens");
  const lenses = [...document.querySelectorAll(".picture")].map((figure) => new Lens(figure));
  if (!button || lenses.length === 0) return {};
  let isOn = false;
  const turn = () => {
    isOn = !isOn;
    button.setAttribute("aria-pressed", isOn);
    for (const lens of lenses) lens.turn(isOn);
  };
  const chosen = () => lenses.find(({ figure }) => figure.contains(document.activeElement)) ?? lenses[0];
  const move = (name, right, down) => () => {
    if (!isOn) return beyond[name]();
    const lens = chosen();
    return lens.to(lens.x + right, lens.y + down);
  };
  button.addEventListener("click", turn);
  return {
    c: turn,
    arrowleft: move("arrowleft", -STEP, 0),
    arrowright: move("arrowright", STEP, 0),
    arrowup: move("arrowup", 0, -STEP),
    arrowdown: move("arrowdown", 0, STEP),
  };
}
