// Pictures larger and smaller: by key, or by wheel with Ctrl; dragged or moved by the arrow keys while they are large.
const STEP = 1.25;
const LARGEST = 8;
const MOVE = 60;

class Zoom {
  constructor(figure) {
    this.figure = figure;
    this.canvas = figure.querySelector(".canvas");
    [this.scale, this.x, this.y] = [1, 0, 0];
    figure.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.by(event.deltaY < 0 ? STEP : 1 / STEP);
    }, { passive: false });
    figure.addEventListener("pointermove", (event) => {
      if (this.scale > 1 && event.buttons === 1) this.move(event.movementX, event.movementY);
    });
  }

  by(factor) {
    const scale = Math.min(Math.max(this.scale * factor, 1), LARGEST);
    this.x *= scale / this.scale;
    this.y *= scale / this.scale;
    this.scale = scale;
    this.show();
  }

  move(right, down) {
    this.x += right;
    this.y += down;
    this.show();
  }

  reset() {
    [this.scale, this.x, this.y] = [1, 0, 0];
    this.show();
  }

  show() {
    // Never past its own edge.
    const room = (size) => (size * (this.scale - 1)) / 2;
    this.x = Math.min(Math.max(this.x, -room(this.canvas.offsetWidth)), room(this.canvas.offsetWidth));
    this.y = Math.min(Math.max(this.y, -room(this.canvas.offsetHeight)), room(this.canvas.offsetHeight));
    this.canvas.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.figure.classList.toggle("zoomed", this.scale > 1);
  }
}

// Gives the actions by key. They act on the picture that has the focus, else on the first that is in sight.
export function watchZoom() {
  const zooms = [...document.querySelectorAll(".picture")].map((figure) => new Zoom(figure));
  const inSight = ({ figure }) => {
    const box = figure.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight;
  };
  const chosen = () => zooms.find(({ figure }) => figure.contains(document.activeElement)) ?? zooms.find(inSight) ?? zooms[0];
  const act = (action) => () => {
    const zoom = chosen();
    if (!zoom) return false;
    return action(zoom);
  };
  const move = (right, down) => act((zoom) => (zoom.scale > 1 ? zoom.move(right, down) : false));
  return {
    "+": act((zoom) => zoom.by(STEP)),
    "=": act((zoom) => zoom.by(STEP)),
    "-": act((zoom) => zoom.by(1 / STEP)),
    0: act((zoom) => zoom.reset()),
    arrowleft: move(MOVE, 0),
    arrowright: move(-MOVE, 0),
    arrowup: move(0, MOVE),
    arrowdown: move(0, -MOVE),
  };
}
